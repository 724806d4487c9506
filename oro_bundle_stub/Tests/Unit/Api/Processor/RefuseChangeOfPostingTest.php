<?php

namespace Zigzag\Bundle\OrderReturnBundle\Tests\Unit\Api\Processor;

use Zigzag\Bundle\OrderReturnBundle\Api\Processor\RefuseChangeOfPosting;
use Zigzag\Bundle\OrderReturnBundle\Entity\OrderReturn;
use Zigzag\Bundle\OrderReturnBundle\Entity\OrderReturnCredit;
use Zigzag\Bundle\OrderReturnBundle\Entity\OrderReturnCreditLine;
use Zigzag\Bundle\OrderReturnBundle\Entity\OrderReturnStockMovement;

class RefuseChangeOfPostingTest extends GuardTestCase
{
    private RefuseChangeOfPosting $guard;

    protected function setUp(): void
    {
        parent::setUp();
        $this->guard = new RefuseChangeOfPosting($this->storedState);

        $orderReturn = $this->newReturn('ZZ-1');
        $credit = $this->newCredit($orderReturn, 'K:1')->addLine($this->newLine())->addStockMovement(
            $this->newMovement('K:1/1')->setOrderReturn($orderReturn)
        );
        $this->store($orderReturn, $credit);
    }

    public function testNewPostingWithItsPartsIsAccepted(): void
    {
        $line = $this->newLine();
        $movement = $this->newMovement('K:2/1');
        $credit = $this->newCredit($this->orderReturn(), 'K:2')->addLine($line)->addStockMovement($movement);

        self::assertSame([], $this->guard($this->guard, $credit, [$line, $movement]));
    }

    public function testStockAloneIsAccepted(): void
    {
        $movement = $this->newMovement('K:2/1');

        self::assertSame([], $this->guard($this->guard, $this->orderReturn(), [$movement]));
    }

    public function testStoredPostingIsNeverWrittenAgain(): void
    {
        $credit = $this->credit();
        $line = $credit->getLines()->first();
        $movement = $credit->getStockMovements()->first();

        $refused = 'immutable posting constraint';
        self::assertSame(
            [[-1, $refused, 400, ''], [0, $refused, 400, ''], [1, $refused, 400, '']],
            $this->guard($this->guard, $credit, [$line, $movement])
        );
    }

    public function testLineCannotBeAddedLater(): void
    {
        $line = $this->newLine()->setCredit($this->credit());

        self::assertSame([[-1, 'immutable posting constraint', 400, 'credit']], $this->guard($this->guard, $line));
    }

    public function testLineCannotBeAddedLaterThroughReference(): void
    {
        $id = $this->credit()->getId();
        $this->em->clear();
        $line = $this->newLine()->setCredit($this->em->getReference(OrderReturnCredit::class, $id));

        self::assertSame([[-1, 'immutable posting constraint', 400, 'credit']], $this->guard($this->guard, $line));
    }

    public function testStockMovementCannotBeAddedLater(): void
    {
        $movement = $this->newMovement('K:1/2')->setCredit($this->credit());

        self::assertSame([[-1, 'immutable posting constraint', 400, 'credit']], $this->guard($this->guard, $movement));
    }

    public function testNewPostingCannotTakeStoredParts(): void
    {
        $credit = $this->newCredit($this->orderReturn(), 'K:2')
            ->addLine($this->credit()->getLines()->first())
            ->addStockMovement($this->credit()->getStockMovements()->first());

        self::assertSame(
            [
                [-1, 'immutable posting constraint', 400, 'lines'],
                [-1, 'immutable posting constraint', 400, 'stockMovements'],
            ],
            $this->guard($this->guard, $credit)
        );
    }

    private function newLine(): OrderReturnCreditLine
    {
        return (new OrderReturnCreditLine())
            ->setQuantity('1')
            ->setNetValue('100.00')
            ->setTaxValue('20.00')
            ->setValue('120.00');
    }

    private function newMovement(string $postingKey): OrderReturnStockMovement
    {
        return (new OrderReturnStockMovement())
            ->setPostingKey($postingKey)
            ->setQuantity('1')
            ->setCreatedAt(new \DateTime());
    }

    private function orderReturn(): OrderReturn
    {
        return $this->load(OrderReturn::class, ['externalId' => 'ZZ-1']);
    }

    private function credit(): OrderReturnCredit
    {
        return $this->load(OrderReturnCredit::class, ['postingKey' => 'K:1']);
    }
}
