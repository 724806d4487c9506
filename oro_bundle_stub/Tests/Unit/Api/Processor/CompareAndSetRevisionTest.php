<?php

namespace Zigzag\Bundle\OrderReturnBundle\Tests\Unit\Api\Processor;

use Zigzag\Bundle\OrderReturnBundle\Api\Processor\CompareAndSetRevision;
use Zigzag\Bundle\OrderReturnBundle\Entity\OrderReturn;
use Zigzag\Bundle\OrderReturnBundle\Entity\OrderReturnLineItem;

class CompareAndSetRevisionTest extends GuardTestCase
{
    private CompareAndSetRevision $guard;

    protected function setUp(): void
    {
        parent::setUp();
        $this->guard = new CompareAndSetRevision($this->storedState, $this->doctrine);
        $this->store($this->newReturn('ZZ-1', 'ZZ-1/1', 'ZZ-1/2'));
    }

    public function testUpdateRaisesTheRevisionByOne(): void
    {
        $orderReturn = $this->load(OrderReturn::class, ['externalId' => 'ZZ-1']);

        self::assertSame([], $this->guard($this->guard, $orderReturn));
        $this->em->flush();
        self::assertSame(1, $this->storedRevision());
    }

    public function testDocumentWithLinesRaisesTheRevisionOnlyOnce(): void
    {
        $orderReturn = $this->load(OrderReturn::class, ['externalId' => 'ZZ-1']);

        self::assertSame([], $this->guard($this->guard, $orderReturn, $orderReturn->getLineItems()->toArray()));
        $this->em->flush();
        self::assertSame(1, $this->storedRevision());
    }

    public function testReturnIsFlushedEvenWhenOnlyLinesChanged(): void
    {
        $orderReturn = $this->load(OrderReturn::class, ['externalId' => 'ZZ-1']);
        $lines = $orderReturn->getLineItems()->toArray();
        $lines[0]->setGrade('A');

        $this->guard($this->guard, $orderReturn, $lines);
        $this->em->getUnitOfWork()->computeChangeSets();

        self::assertTrue($this->em->getUnitOfWork()->isScheduledForUpdate($orderReturn));
    }

    public function testReturnThatWasChangedInTheMeantimeIsRefused(): void
    {
        $orderReturn = $this->load(OrderReturn::class, ['externalId' => 'ZZ-1']);
        $this->somebodyElseWrites();

        self::assertSame(
            [[-1, 'revision conflict constraint', 409, '']],
            $this->guard($this->guard, $orderReturn)
        );
        self::assertSame(0, $orderReturn->getRevision());
        self::assertSame(1, $this->storedRevision());
    }

    public function testPostingIsRefusedWithTheReturnInIncluded(): void
    {
        $orderReturn = $this->load(OrderReturn::class, ['externalId' => 'ZZ-1']);
        $lines = $orderReturn->getLineItems()->toArray();
        $this->somebodyElseWrites();

        self::assertSame(
            [[0, 'revision conflict constraint', 409, '']],
            $this->guard($this->guard, $this->newCredit($orderReturn, 'K:1'), [$orderReturn, ...$lines])
        );
    }

    public function testLineWithoutItsReturnIsGuardedToo(): void
    {
        $line = $this->load(OrderReturnLineItem::class, ['lineKey' => 'ZZ-1/1']);

        self::assertSame([], $this->guard($this->guard, $line));
        $this->em->flush();
        self::assertSame(1, $this->storedRevision());
    }

    public function testNewReturnHasNothingToCompare(): void
    {
        $orderReturn = $this->newReturn('ZZ-2', 'ZZ-2/1');
        $this->em->persist($orderReturn);

        self::assertSame([], $this->guard($this->guard, $orderReturn, $orderReturn->getLineItems()->toArray()));
        $this->em->flush();
        self::assertSame(0, $orderReturn->getRevision());
    }

    private function somebodyElseWrites(): void
    {
        $this->em->getConnection()->executeStatement('UPDATE zigzag_order_return SET revision = revision + 1');
    }

    private function storedRevision(): int
    {
        return (int)$this->em->getConnection()
            ->fetchOne("SELECT revision FROM zigzag_order_return WHERE external_id = 'ZZ-1'");
    }
}
