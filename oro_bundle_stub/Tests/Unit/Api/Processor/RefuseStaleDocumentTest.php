<?php

namespace Zigzag\Bundle\OrderReturnBundle\Tests\Unit\Api\Processor;

use Zigzag\Bundle\OrderReturnBundle\Api\Processor\RefuseStaleDocument;
use Zigzag\Bundle\OrderReturnBundle\Entity\OrderReturn;

class RefuseStaleDocumentTest extends GuardTestCase
{
    private const STORED = '2026-11-23 10:05:00 UTC';

    private RefuseStaleDocument $guard;

    protected function setUp(): void
    {
        parent::setUp();
        $this->guard = new RefuseStaleDocument($this->storedState);
        $this->store($this->newReturn('ZZ-1')->setSourceUpdatedAt(new \DateTime(self::STORED)));
    }

    /**
     * @dataProvider times
     */
    public function testTimeDecides(string $time, array $expectedErrors): void
    {
        $orderReturn = $this->load(OrderReturn::class, ['externalId' => 'ZZ-1']);
        $orderReturn->setSourceUpdatedAt(new \DateTime($time));

        self::assertSame($expectedErrors, $this->guard($this->guard, $orderReturn));
    }

    public static function times(): array
    {
        $stale = [[-1, 'stale document constraint', 409, 'sourceUpdatedAt']];

        return [
            'newer' => ['2026-11-23 10:06:00 UTC', []],
            'the same document again' => [self::STORED, []],
            'a second older' => ['2026-11-23 10:04:59 UTC', $stale],
            'later on the clock, older in fact' => ['2026-11-23 11:04:00 +01:00', $stale],
            'the same second with a fraction' => ['2026-11-23 10:05:00.250 UTC', []],
        ];
    }

    public function testNewReturnIsNeverStale(): void
    {
        $orderReturn = $this->newReturn('ZZ-2')->setSourceUpdatedAt(new \DateTime('2001-01-01'));

        self::assertSame([], $this->guard($this->guard, $orderReturn));
    }

    public function testDocumentWithoutTimeKeepsTheStoredTime(): void
    {
        $orderReturn = $this->load(OrderReturn::class, ['externalId' => 'ZZ-1']);
        $orderReturn->setSourceUpdatedAt(null);

        self::assertSame([], $this->guard($this->guard, $orderReturn));
        self::assertEquals(new \DateTime(self::STORED), $orderReturn->getSourceUpdatedAt());
    }

    public function testStaleReturnInIncludedRefusesThePosting(): void
    {
        $orderReturn = $this->load(OrderReturn::class, ['externalId' => 'ZZ-1']);
        $orderReturn->setSourceUpdatedAt(new \DateTime('2026-11-23 10:01:00 UTC'));

        self::assertSame(
            [[0, 'stale document constraint', 409, 'sourceUpdatedAt']],
            $this->guard($this->guard, $this->newCredit($orderReturn, 'K:1'), [$orderReturn])
        );
    }
}
