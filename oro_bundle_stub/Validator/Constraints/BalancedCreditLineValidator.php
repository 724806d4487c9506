<?php

namespace Zigzag\Bundle\OrderReturnBundle\Validator\Constraints;

use Symfony\Component\Validator\Constraint;
use Symfony\Component\Validator\ConstraintValidator;
use Symfony\Component\Validator\Exception\UnexpectedTypeException;
use Zigzag\Bundle\OrderReturnBundle\Entity\OrderReturnCreditLine;
use Zigzag\Bundle\OrderReturnBundle\Model\Amount;

/**
 * Validates that the value of a credit memo line is its net value plus its tax.
 */
class BalancedCreditLineValidator extends ConstraintValidator
{
    #[\Override]
    public function validate(mixed $value, Constraint $constraint): void
    {
        if (!$constraint instanceof BalancedCreditLine) {
            throw new UnexpectedTypeException($constraint, BalancedCreditLine::class);
        }
        if (!$value instanceof OrderReturnCreditLine) {
            throw new UnexpectedTypeException($value, OrderReturnCreditLine::class);
        }

        $sum = Amount::sum([$value->getNetValue(), $value->getTaxValue()]);
        $expected = Amount::read($value->getValue());
        if (null !== $sum && null !== $expected && !$sum->isEqualTo($expected)) {
            $this->context->buildViolation($constraint->message)->atPath('value')->addViolation();
        }
    }
}
