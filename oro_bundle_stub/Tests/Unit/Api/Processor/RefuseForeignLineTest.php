<?php

namespace Zigzag\Bundle\OrderReturnBundle\Tests\Unit\Api\Processor;

use Zigzag\Bundle\OrderReturnBundle\Api\Processor\RefuseForeignLine;
use Zigzag\Bundle\OrderReturnBundle\Entity\OrderReturn;
use Zigzag\Bundle\OrderReturnBundle\Entity\OrderReturnLineItem;

class RefuseForeignLineTest extends GuardTestCase
{
    private RefuseForeignLine $guard;

    protected function setUp(): void
    {
        parent::setUp();
        $this->guard = new RefuseForeignLine($this->storedState);
        $this->store($this->newReturn('ZZ-1', 'ZZ-1/1'), $this->newReturn('ZZ-2', 'ZZ-2/1'));
    }

    public function testNewReturnWithNewLinesIsAccepted(): void
    {
        $orderReturn = $this->newReturn('ZZ-3', 'ZZ-3/1');

        self::assertSame([], $this->guard($this->guard, $orderReturn, $orderReturn->getLineItems()->toArray()));
    }

    public function testReturnKeepsItsOwnLines(): void
    {
        $orderReturn = $this->load(OrderReturn::class, ['externalId' => 'ZZ-1']);
        $line = $this->load(OrderReturnLineItem::class, ['lineKey' => 'ZZ-1/1']);
        $orderReturn->addLineItem($line);

        self::assertSame([], $this->guard($this->guard, $orderReturn, [$line]));
    }

    public function testNewReturnCannotTakeLineOfAnother(): void
    {
        $orderReturn = $this->newReturn('ZZ-3');
        $line = $this->load(OrderReturnLineItem::class, ['lineKey' => 'ZZ-1/1']);
        $orderReturn->addLineItem($line);

        self::assertSame(
            [[0, 'line key constraint', 409, 'lineKey']],
            $this->guard($this->guard, $orderReturn, [$line])
        );
    }

    public function testStoredReturnCannotTakeLineOfAnother(): void
    {
        $orderReturn = $this->load(OrderReturn::class, ['externalId' => 'ZZ-2']);
        $line = $this->load(OrderReturnLineItem::class, ['lineKey' => 'ZZ-1/1']);
        $orderReturn->addLineItem($line);

        self::assertSame(
            [[0, 'line key constraint', 409, 'lineKey']],
            $this->guard($this->guard, $orderReturn, [$line])
        );
    }

    public function testLineThatIsOnlyReferredToCannotBeTakenEither(): void
    {
        $orderReturn = $this->newReturn('ZZ-3');
        $orderReturn->addLineItem($this->load(OrderReturnLineItem::class, ['lineKey' => 'ZZ-1/1']));

        self::assertSame(
            [[-1, 'line key constraint', 409, 'lineItems']],
            $this->guard($this->guard, $orderReturn)
        );
    }

    public function testReturnInIncludedIsGuardedToo(): void
    {
        $orderReturn = $this->newReturn('ZZ-3');
        $line = $this->load(OrderReturnLineItem::class, ['lineKey' => 'ZZ-1/1']);
        $orderReturn->addLineItem($line);

        self::assertSame(
            [[1, 'line key constraint', 409, 'lineKey']],
            $this->guard($this->guard, $this->newCredit($orderReturn, 'K:1'), [$orderReturn, $line])
        );
    }

    public function testLineCannotMoveToAnotherReturnByItself(): void
    {
        $line = $this->load(OrderReturnLineItem::class, ['lineKey' => 'ZZ-1/1']);
        $line->setOrderReturn($this->load(OrderReturn::class, ['externalId' => 'ZZ-2']));

        self::assertSame([[-1, 'line key constraint', 409, 'lineKey']], $this->guard($this->guard, $line));
    }

    public function testLinesThatAreNotMentionedAreNotLoaded(): void
    {
        $orderReturn = $this->load(OrderReturn::class, ['externalId' => 'ZZ-1']);

        self::assertSame([], $this->guard($this->guard, $orderReturn));
        self::assertFalse($orderReturn->getLineItems()->isInitialized());
    }
}
