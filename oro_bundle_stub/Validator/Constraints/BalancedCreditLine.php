<?php

namespace Zigzag\Bundle\OrderReturnBundle\Validator\Constraints;

use Symfony\Component\Validator\Constraint;

/**
 * Requires that the value of a credit memo line is the sum of its net value and tax.
 */
class BalancedCreditLine extends Constraint
{
    public string $message = 'zigzag.orderreturn.credit.line_not_balanced';

    #[\Override]
    public function getTargets(): string|array
    {
        return self::CLASS_CONSTRAINT;
    }
}
