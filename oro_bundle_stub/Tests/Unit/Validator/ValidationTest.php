<?php

namespace Zigzag\Bundle\OrderReturnBundle\Tests\Unit\Validator;

use PHPUnit\Framework\TestCase;
use Symfony\Component\Validator\ConstraintViolationInterface;
use Symfony\Component\Validator\Validation;
use Symfony\Component\Validator\Validator\ValidatorInterface;
use Zigzag\Bundle\OrderReturnBundle\Entity\OrderReturn;
use Zigzag\Bundle\OrderReturnBundle\Entity\OrderReturnCredit;
use Zigzag\Bundle\OrderReturnBundle\Entity\OrderReturnCreditLine;
use Zigzag\Bundle\OrderReturnBundle\Entity\OrderReturnLineItem;
use Zigzag\Bundle\OrderReturnBundle\Entity\OrderReturnStockMovement;

/**
 * What the validation lets through, the columns can hold, and every refusal points to its field.
 */
class ValidationTest extends TestCase
{
    private ValidatorInterface $validator;

    protected function setUp(): void
    {
        $this->validator = Validation::createValidatorBuilder()
            ->addYamlMapping(dirname(__DIR__, 3) . '/Resources/config/validation.yml')
            ->getValidator();
    }

    public function testGoodReturnWithGoodLine(): void
    {
        $orderReturn = (new OrderReturn())->setExternalId('413413515');
        $line = (new OrderReturnLineItem())->setLineKey('413413515/1')->setAcceptedQuantity('0.3333333333');
        $orderReturn->addLineItem($line);

        self::assertSame([], $this->problems($orderReturn));
        self::assertSame([], $this->problems($line));
    }

    /**
     * @dataProvider badReturns
     */
    public function testBadReturn(string $property, mixed $value): void
    {
        $orderReturn = (new OrderReturn())->setExternalId('413413515');
        $orderReturn->{'set' . ucfirst($property)}($value);

        self::assertSame([$property], $this->problems($orderReturn));
    }

    public static function badReturns(): array
    {
        return [
            'no number' => ['externalId', null],
            'unknown status' => ['status', 'bogus'],
            'no status' => ['status', null],
            'unknown sync state' => ['syncState', 'synced'],
            'too long' => ['carrier', str_repeat('x', 256)],
            'too long reason' => ['reviewReason', str_repeat('x', 1001)],
        ];
    }

    /**
     * @dataProvider badQuantities
     */
    public function testBadQuantityOfLine(mixed $value): void
    {
        foreach (['requested', 'received', 'accepted', 'credited', 'restocked'] as $name) {
            $line = (new OrderReturnLineItem())->setLineKey('1/1')->setOrderReturn(new OrderReturn());
            $line->{'set' . ucfirst($name) . 'Quantity'}($value);

            self::assertSame([$name . 'Quantity'], array_values(array_unique($this->problems($line))));
        }
    }

    public static function badQuantities(): array
    {
        return [
            'null' => [null],
            'negative' => ['-1'],
            'eleven digits' => ['10000000000'],
            'eleven decimals' => ['1.00000000001'],
            'not a number' => ['many'],
            'exponent' => ['1e5'],
            'line break' => ["1\n"],
        ];
    }

    public function testLineWithoutReturn(): void
    {
        self::assertSame(['orderReturn'], $this->problems((new OrderReturnLineItem())->setLineKey('1/1')));
    }

    public function testGoodCredit(): void
    {
        $credit = $this->credit('100.00', '20.00', '120.00', [['100.00', '20.00', '120.00']]);

        self::assertSame([], $this->problems($credit));
        self::assertSame([], $this->problems($credit->getLines()->first()));
    }

    public function testFeeBiggerThanTheNetValueButNotThanTheTotal(): void
    {
        $credit = $this->credit('-5.00', '20.00', '15.00', [
            ['100.00', '20.00', '120.00'],
            ['-105.00', '0.00', '-105.00'],
        ]);

        self::assertSame([], $this->problems($credit));
        self::assertSame([], $this->problems($credit->getLines()->last()));
    }

    public function testFeeThatEatsTheCreditWhole(): void
    {
        $credit = $this->credit('0', '0', '0', [['5.00', '1.00', '6.00'], ['-5.00', '-1.00', '-6.00']]);

        self::assertSame([], $this->problems($credit));
    }

    public function testMemoNeverFallsBelowZero(): void
    {
        self::assertSame(
            ['totalValue'],
            $this->problems($this->credit('-1.00', '0.00', '-1.00', [['-1.00', '0.00', '-1.00']]))
        );
    }

    public function testTotalMustBeNetPlusTax(): void
    {
        self::assertSame(
            ['totalValue'],
            $this->problems($this->credit('100.00', '20.00', '119.99', [['100.00', '20.00', '120.00']]))
        );
    }

    public function testLinesMustSumUpToTheTotals(): void
    {
        self::assertSame(
            ['netValue', 'totalValue'],
            $this->problems($this->credit('100.00', '20.00', '120.00', [['99.00', '20.00', '119.00']]))
        );
        self::assertSame(
            ['netValue', 'taxValue', 'totalValue'],
            $this->problems($this->credit('100.00', '20.00', '120.00', []))
        );
    }

    public function testSumsAreExact(): void
    {
        $lines = array_fill(0, 10, ['0.1', '0', '0.1']);

        self::assertSame([], $this->problems($this->credit('1.0000', '0.0000', '1', $lines)));
    }

    public function testValueOfLineMustBeNetPlusTax(): void
    {
        $credit = $this->credit('1', '1', '2', [['1', '1', '3']]);

        self::assertSame(['value'], $this->problems($credit->getLines()->first()));
    }

    /**
     * @dataProvider badAmounts
     */
    public function testBadAmount(mixed $value): void
    {
        foreach (['netValue', 'taxValue', 'totalValue'] as $property) {
            $credit = $this->credit('1', '1', '2', [['1', '1', '2']]);
            $credit->{'set' . ucfirst($property)}($value);

            self::assertContains($property, $this->problems($credit));
        }
        foreach (['netValue', 'taxValue', 'value'] as $property) {
            $line = $this->credit('1', '1', '2', [['1', '1', '2']])->getLines()->first();
            $line->{'set' . ucfirst($property)}($value);

            self::assertContains($property, $this->problems($line));
        }
    }

    public static function badAmounts(): array
    {
        return [
            'null' => [null],
            'five decimals' => ['0.00015'],
            'sixteen digits' => ['1000000000000000'],
            'not a number' => ['free'],
        ];
    }

    /**
     * @dataProvider badCurrencies
     */
    public function testBadCurrency(?string $currency): void
    {
        $credit = $this->credit('1', '1', '2', [['1', '1', '2']])->setCurrency($currency);

        self::assertSame(['currency'], $this->problems($credit));
    }

    public static function badCurrencies(): array
    {
        return [[null], ['gbp'], ['EURO'], ["GBP\n"]];
    }

    public function testCreditNeedsKeyReturnAndKnownStatus(): void
    {
        $credit = $this->credit('0', '0', '0', [])->setPostingKey(null)->setOrderReturn(null)->setStatus('paid');

        self::assertSame(['orderReturn', 'postingKey', 'status'], $this->problems($credit));
    }

    /**
     * @dataProvider quantitiesOfMovements
     */
    public function testQuantityOfStockMovement(?string $quantity, array $expected): void
    {
        $movement = (new OrderReturnStockMovement())->setPostingKey('K:1/1')->setQuantity($quantity);

        self::assertSame(array_merge(['inventoryLevel', 'orderReturn'], $expected), $this->problems($movement));
    }

    public static function quantitiesOfMovements(): array
    {
        return [
            'up' => ['50', []],
            'down' => ['-0.5', []],
            'zero' => ['0', ['quantity']],
            'zero with decimals' => ['0.0000000000', ['quantity']],
            'null' => [null, ['quantity']],
            'too big' => ['99999999999', ['quantity']],
        ];
    }

    private function credit(string $net, string $tax, string $total, array $lines): OrderReturnCredit
    {
        $credit = (new OrderReturnCredit())
            ->setPostingKey('K:1')
            ->setOrderReturn(new OrderReturn())
            ->setCurrency('GBP')
            ->setNetValue($net)
            ->setTaxValue($tax)
            ->setTotalValue($total);
        foreach ($lines as [$lineNet, $lineTax, $value]) {
            $credit->addLine(
                (new OrderReturnCreditLine())
                    ->setQuantity('1')
                    ->setNetValue($lineNet)
                    ->setTaxValue($lineTax)
                    ->setValue($value)
            );
        }

        return $credit;
    }

    /**
     * @return string[] the properties with problems, sorted
     */
    private function problems(object $entity): array
    {
        $paths = array_map(
            static fn (ConstraintViolationInterface $violation) => $violation->getPropertyPath(),
            iterator_to_array($this->validator->validate($entity))
        );
        sort($paths);

        return $paths;
    }
}
