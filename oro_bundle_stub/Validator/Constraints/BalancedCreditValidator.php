<?php

namespace Zigzag\Bundle\OrderReturnBundle\Validator\Constraints;

use Symfony\Component\Validator\Constraint;
use Symfony\Component\Validator\ConstraintValidator;
use Symfony\Component\Validator\Exception\UnexpectedTypeException;
use Zigzag\Bundle\OrderReturnBundle\Entity\OrderReturnCredit;
use Zigzag\Bundle\OrderReturnBundle\Entity\OrderReturnCreditLine;
use Zigzag\Bundle\OrderReturnBundle\Model\Amount;

/**
 * Validates that the amounts of a credit memo add up. Missing and malformed amounts are the business of other
 * constraints and are passed over here.
 */
class BalancedCreditValidator extends ConstraintValidator
{
    #[\Override]
    public function validate(mixed $value, Constraint $constraint): void
    {
        if (!$constraint instanceof BalancedCredit) {
            throw new UnexpectedTypeException($constraint, BalancedCredit::class);
        }
        if (!$value instanceof OrderReturnCredit) {
            throw new UnexpectedTypeException($value, OrderReturnCredit::class);
        }

        $net = Amount::read($value->getNetValue());
        $tax = Amount::read($value->getTaxValue());
        $total = Amount::read($value->getTotalValue());
        if (null === $net || null === $tax || null === $total) {
            return;
        }

        if (!$net->plus($tax)->isEqualTo($total)) {
            $this->context->buildViolation($constraint->totalMessage)->atPath('totalValue')->addViolation();

            return;
        }

        $this->validateLines($value, $constraint, [
            'netValue' => [$net, static fn (OrderReturnCreditLine $line) => $line->getNetValue()],
            'taxValue' => [$tax, static fn (OrderReturnCreditLine $line) => $line->getTaxValue()],
            'totalValue' => [$total, static fn (OrderReturnCreditLine $line) => $line->getValue()],
        ]);
    }

    private function validateLines(OrderReturnCredit $credit, BalancedCredit $constraint, array $columns): void
    {
        foreach ($columns as $path => [$expected, $getValue]) {
            $sum = Amount::sum(array_map($getValue, $credit->getLines()->toArray()));
            if (null === $sum) {
                return;
            }
            if (!$sum->isEqualTo($expected)) {
                $this->context->buildViolation($constraint->linesMessage)
                    ->setParameter('{{ sum }}', (string)$sum)
                    ->atPath($path)
                    ->addViolation();
            }
        }
    }
}
