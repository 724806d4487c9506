<?php

namespace Zigzag\Bundle\OrderReturnBundle\Validator\Constraints;

use Symfony\Component\Validator\Constraint;

/**
 * Requires that the lines of a credit memo sum up to its totals, and its net value and tax to its total.
 */
class BalancedCredit extends Constraint
{
    public string $totalMessage = 'zigzag.orderreturn.credit.total_not_balanced';
    public string $linesMessage = 'zigzag.orderreturn.credit.lines_not_balanced';

    #[\Override]
    public function getTargets(): string|array
    {
        return self::CLASS_CONSTRAINT;
    }
}
