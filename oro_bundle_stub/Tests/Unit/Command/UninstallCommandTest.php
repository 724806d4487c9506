<?php

namespace Zigzag\Bundle\OrderReturnBundle\Tests\Unit\Command;

use Doctrine\DBAL\Connection;
use Doctrine\Persistence\ManagerRegistry;
use PHPUnit\Framework\TestCase;
use Symfony\Component\Console\Tester\CommandTester;
use Zigzag\Bundle\OrderReturnBundle\Command\UninstallCommand;

class UninstallCommandTest extends TestCase
{
    public function testNothingIsExecutedWithoutForce(): void
    {
        $connection = $this->createMock(Connection::class);
        $connection->expects(self::never())->method('executeStatement');

        $tester = $this->tester($connection);

        self::assertSame(0, $tester->execute([]));
        self::assertStringContainsString('DROP TABLE IF EXISTS zigzag_order_return_credit', $tester->getDisplay());
        self::assertStringContainsString('Nothing was executed', $tester->getDisplay());
    }

    public function testForceRemovesTablesAndTraces(): void
    {
        $statements = [];
        $connection = $this->createMock(Connection::class);
        $connection->expects(self::once())->method('beginTransaction');
        $connection->expects(self::once())->method('commit');
        $connection->method('executeStatement')->willReturnCallback(
            static function (string $sql) use (&$statements): int {
                $statements[] = $sql;

                return 0;
            }
        );

        self::assertSame(0, $this->tester($connection)->execute(['--force' => true]));
        $all = implode("\n", $statements);
        $tables = [
            'oro_entity_config',
            'oro_migrations',
            'oro_migrations_data',
            'oro_config_value',
            'oro_notification_alert',
            'oro_navigation_history',
            'acl_object_identities',
            'acl_classes',
        ];
        foreach ($tables as $table) {
            self::assertStringContainsString('DELETE FROM ' . $table . ' ', $all);
        }
        self::assertCount(5, preg_grep('/^DROP TABLE/', $statements));
    }

    public function testFailureRollsBack(): void
    {
        $connection = $this->createMock(Connection::class);
        $connection->method('executeStatement')->willThrowException(new \RuntimeException('Locked.'));
        $connection->expects(self::once())->method('rollBack');
        $connection->expects(self::never())->method('commit');

        $this->expectExceptionMessage('Locked.');
        $this->tester($connection)->execute(['--force' => true]);
    }

    private function tester(Connection $connection): CommandTester
    {
        $doctrine = $this->createMock(ManagerRegistry::class);
        $doctrine->method('getConnection')->willReturn($connection);

        return new CommandTester(new UninstallCommand($doctrine));
    }
}
