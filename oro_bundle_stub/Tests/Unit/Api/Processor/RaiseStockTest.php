<?php

namespace Zigzag\Bundle\OrderReturnBundle\Tests\Unit\Api\Processor;

use Doctrine\DBAL\LockMode;
use Doctrine\ORM\EntityManagerInterface;
use Doctrine\Persistence\ManagerRegistry;
use Oro\Bundle\InventoryBundle\Entity\InventoryLevel;
use Zigzag\Bundle\OrderReturnBundle\Api\Processor\RaiseStock;
use Zigzag\Bundle\OrderReturnBundle\Entity\OrderReturn;
use Zigzag\Bundle\OrderReturnBundle\Entity\OrderReturnStockMovement;

class RaiseStockTest extends GuardTestCase
{
    private RaiseStock $guard;

    protected function setUp(): void
    {
        parent::setUp();
        $this->guard = new RaiseStock($this->storedState, $this->doctrine);
        $this->store(
            $this->newReturn('ZZ-1'),
            $this->newInventoryLevel('GLOVE', '50'),
            $this->newInventoryLevel('HELMET', '20')
        );
        $this->em->getConnection()->beginTransaction();
    }

    public function testMovementRaisesTheLevel(): void
    {
        $movement = $this->movement('K:1/1', 'GLOVE', '2');

        self::assertSame([], $this->guard($this->guard, $movement));
        $this->em->flush();
        self::assertSame('52', $this->stored('GLOVE'));
        self::assertSame('GLOVE', $movement->getProductSku());
        self::assertSame('each', $movement->getProductUnitCode());
    }

    public function testPostingRaisesEveryLevelOnce(): void
    {
        $credit = $this->newCredit($this->orderReturn(), 'K:1');
        $movements = [$this->movement('K:1/1', 'HELMET', '1'), $this->movement('K:1/2', 'GLOVE', '2')];

        self::assertSame([], $this->guard($this->guard, $credit, $movements));
        $this->em->flush();
        self::assertSame(['52', '21'], [$this->stored('GLOVE'), $this->stored('HELMET')]);
    }

    public function testTwoMovementsOfOneLevelAddUp(): void
    {
        $credit = $this->newCredit($this->orderReturn(), 'K:1');
        $movements = [$this->movement('K:1/1', 'GLOVE', '0.1'), $this->movement('K:1/2', 'GLOVE', '0.2')];

        self::assertSame([], $this->guard($this->guard, $credit, $movements));
        $this->em->flush();
        self::assertSame('50.3', $this->stored('GLOVE'));
    }

    public function testPrimaryMovementAndIncludedOneAreHandledTogether(): void
    {
        $primary = $this->movement('K:1/1', 'GLOVE', '1');
        $included = $this->movement('K:1/2', 'HELMET', '1');

        self::assertSame([], $this->guard($this->guard, $primary, [$included]));
        $this->em->flush();
        self::assertSame(['51', '21'], [$this->stored('GLOVE'), $this->stored('HELMET')]);
    }

    public function testQuantityIsReadAgainUnderTheLock(): void
    {
        $movement = $this->movement('K:1/1', 'GLOVE', '2');
        // somebody else set the level after this request had read it
        $this->em->getConnection()->executeStatement('UPDATE oro_inventory_level SET quantity = 1000');

        self::assertSame([], $this->guard($this->guard, $movement));
        $this->em->flush();
        self::assertSame('1002', $this->stored('GLOVE'));
    }

    public function testBelowZeroIsRefusedAtTheMovementThatGoesThere(): void
    {
        $credit = $this->newCredit($this->orderReturn(), 'K:1');
        $movements = [$this->movement('K:1/1', 'GLOVE', '1'), $this->movement('K:1/2', 'HELMET', '-21')];

        self::assertSame(
            [[1, 'inventory level constraint', 400, 'quantity']],
            $this->guard($this->guard, $credit, $movements)
        );
    }

    public function testLevelMayGoDownToZero(): void
    {
        self::assertSame([], $this->guard($this->guard, $this->movement('K:1/1', 'HELMET', '-20')));
        $this->em->flush();
        self::assertSame('0', $this->stored('HELMET'));
    }

    public function testOversoldLevelCanBeRaisedBelowZero(): void
    {
        $this->em->getConnection()->executeStatement('UPDATE oro_inventory_level SET quantity = -30');

        self::assertSame([], $this->guard($this->guard, $this->movement('K:1/1', 'GLOVE', '5')));
        $this->em->flush();
        self::assertSame('-25', $this->stored('GLOVE'));
    }

    public function testQuantityThatTheColumnCannotHoldIsRefused(): void
    {
        self::assertSame(
            [[-1, 'inventory level constraint', 400, 'quantity']],
            $this->guard($this->guard, $this->movement('K:1/1', 'GLOVE', '9999999999'))
        );
    }

    public function testMovementInBatchIsRefused(): void
    {
        $movement = $this->movement('K:1/1', 'GLOVE', '2');

        self::assertSame(
            [[0, 'stock movement batch constraint', 400, 'quantity']],
            $this->guard($this->guard, $this->orderReturn(), [$movement], ['rest', 'json_api', 'batch'])
        );
        $this->em->flush();
        self::assertSame('50', $this->stored('GLOVE'));
    }

    public function testRowsAreLockedInOrderBeforeTheFirstOneIsChanged(): void
    {
        $orderReturn = $this->orderReturn();
        $movements = [
            $this->movement('K:1/1', 'HELMET', '1'),
            $this->movement('K:1/2', 'GLOVE', '2'),
            $this->movement('K:1/3', 'HELMET', '3'),
        ];

        $locks = [];
        $em = $this->createMock(EntityManagerInterface::class);
        $em->method('lock')->willReturnCallback(function (object $entity, int $mode) use (&$locks): void {
            self::assertSame(LockMode::PESSIMISTIC_WRITE, $mode);
            $locks[] = 'return';
        });
        $em->method('find')->willReturnCallback(function (string $class, int $id, int $mode) use (&$locks) {
            self::assertSame([InventoryLevel::class, LockMode::PESSIMISTIC_WRITE], [$class, $mode]);
            self::assertSame([50, 20], [
                (int)$this->level('GLOVE')->getQuantity(),
                (int)$this->level('HELMET')->getQuantity(),
            ]);
            $locks[] = $id;

            return $this->em->find($class, $id);
        });
        $doctrine = $this->createMock(ManagerRegistry::class);
        $doctrine->method('getManagerForClass')->willReturn($em);

        $this->guard(
            new RaiseStock($this->storedState, $doctrine),
            $this->newCredit($orderReturn, 'K:1'),
            [$orderReturn, ...$movements]
        );

        self::assertSame(
            ['return', $this->level('GLOVE')->getId(), $this->level('HELMET')->getId()],
            $locks
        );
    }

    private function movement(string $postingKey, string $sku, string $quantity): OrderReturnStockMovement
    {
        $movement = (new OrderReturnStockMovement())
            ->setPostingKey($postingKey)
            ->setOrderReturn($this->orderReturn())
            ->setInventoryLevel($this->level($sku))
            ->setQuantity($quantity)
            ->setCreatedAt(new \DateTime());
        // the API persists new entities before it opens the transaction
        $this->em->persist($movement);

        return $movement;
    }

    private function orderReturn(): OrderReturn
    {
        return $this->load(OrderReturn::class, ['externalId' => 'ZZ-1']);
    }

    private function level(string $sku): InventoryLevel
    {
        return $this->em->createQueryBuilder()
            ->select('l')
            ->from(InventoryLevel::class, 'l')
            ->join('l.product', 'p')
            ->where('p.sku = :sku')
            ->setParameter('sku', $sku)
            ->getQuery()
            ->getSingleResult();
    }

    private function stored(string $sku): string
    {
        return (string)(0 + $this->em->getConnection()->fetchOne(
            'SELECT l.quantity FROM oro_inventory_level l JOIN oro_product p ON p.id = l.product_id WHERE p.sku = ?',
            [$sku]
        ));
    }
}
