<?php

namespace Zigzag\Bundle\OrderReturnBundle\Tests\Unit\Api;

use Doctrine\ORM\EntityManagerInterface;
use Doctrine\ORM\UnitOfWork;
use Doctrine\Persistence\ManagerRegistry;
use PHPUnit\Framework\TestCase;
use Zigzag\Bundle\OrderReturnBundle\Api\StoredState;
use Zigzag\Bundle\OrderReturnBundle\Entity\OrderReturn;

class StoredStateTest extends TestCase
{
    /**
     * On PostgreSQL an entity gets its identifier from a sequence when it is persisted, before it is stored.
     *
     * @dataProvider states
     */
    public function testStored(bool $isInIdentityMap, bool $isScheduledForInsert, bool $expected, ?int $revision): void
    {
        $entity = new OrderReturn();
        $unitOfWork = $this->createMock(UnitOfWork::class);
        $unitOfWork->method('isInIdentityMap')->with($entity)->willReturn($isInIdentityMap);
        $unitOfWork->method('isScheduledForInsert')->with($entity)->willReturn($isScheduledForInsert);
        $unitOfWork->method('getOriginalEntityData')->with($entity)->willReturn(['revision' => 7]);
        $em = $this->createMock(EntityManagerInterface::class);
        $em->method('getUnitOfWork')->willReturn($unitOfWork);
        $doctrine = $this->createMock(ManagerRegistry::class);
        $doctrine->method('getManagerForClass')->with(OrderReturn::class)->willReturn($em);
        $storedState = new StoredState($doctrine);

        self::assertSame($expected, $storedState->isStored($entity));
        self::assertSame($revision, $storedState->getValue($entity, 'revision'));
        self::assertNull($storedState->getValue($entity, 'unknown'));
    }

    public static function states(): array
    {
        return [
            'created' => [false, false, false, null],
            'persisted' => [false, true, false, null],
            'persisted with an identifier of a sequence' => [true, true, false, null],
            'stored' => [true, false, true, 7],
        ];
    }
}
