<?php

namespace Zigzag\Bundle\OrderReturnBundle\Model;

use Brick\Math\BigDecimal;
use Brick\Math\Exception\MathException;

/**
 * Reads and adds the decimal strings that quantities and money are kept in, exactly.
 */
final class Amount
{
    /**
     * @return BigDecimal|null NULL when the value is missing or is not a number
     */
    public static function read(mixed $value): ?BigDecimal
    {
        if (null === $value || '' === $value) {
            return null;
        }
        try {
            return BigDecimal::of((string)$value);
        } catch (MathException) {
            return null;
        }
    }

    /**
     * @return BigDecimal|null NULL when one of the values is missing or is not a number
     */
    public static function sum(array $values): ?BigDecimal
    {
        $sum = BigDecimal::zero();
        foreach ($values as $value) {
            $value = self::read($value);
            if (null === $value) {
                return null;
            }
            $sum = $sum->plus($value);
        }

        return $sum;
    }
}
