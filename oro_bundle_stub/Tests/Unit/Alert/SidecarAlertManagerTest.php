<?php

namespace Zigzag\Bundle\OrderReturnBundle\Tests\Unit\Alert;

use Oro\Bundle\SecurityBundle\Authentication\TokenAccessorInterface;
use Psr\Log\LoggerInterface;
use Zigzag\Bundle\OrderReturnBundle\Alert\SidecarAlert;
use Zigzag\Bundle\OrderReturnBundle\Alert\SidecarAlertManager;
use Zigzag\Bundle\OrderReturnBundle\Tests\Unit\DatabaseTestCase;

class SidecarAlertManagerTest extends DatabaseTestCase
{
    public function testResolvesTheAlertsOfAllUsersAndNoOthers(): void
    {
        $connection = $this->em->getConnection();
        $connection->executeStatement(
            'CREATE TABLE oro_notification_alert (source_type VARCHAR, resource_type VARCHAR, user_id INT,'
            . ' organization_id INT, is_resolved BOOLEAN, updated_at TIMESTAMP)'
        );
        foreach ([
            ['ZigzagReturns', 1, 1],
            ['ZigzagReturns', 2, 1],
            ['ZigzagReturns', 3, 2],
            ['EmailSync', 4, 1],
        ] as [$source, $user, $organization]) {
            $connection->insert('oro_notification_alert', [
                'source_type' => $source,
                'resource_type' => 'sidecar',
                'user_id' => $user,
                'organization_id' => $organization,
                'is_resolved' => 0,
            ]);
        }

        $this->manager($this->createMock(LoggerInterface::class))->resolve();

        self::assertEquals(
            [1, 2],
            $connection->fetchFirstColumn('SELECT user_id FROM oro_notification_alert WHERE is_resolved = 1')
        );
    }

    public function testDatabaseErrorIsLoggedAndBreaksNothing(): void
    {
        $logger = $this->createMock(LoggerInterface::class);
        $logger->expects(self::once())->method('error');

        // the table does not exist
        $this->manager($logger)->resolve();
    }

    public function testAlertFitsTheColumns(): void
    {
        $alert = (new SidecarAlert('Timeout.'))->toArray();

        self::assertLessThanOrEqual(20, \strlen($alert['alertType']));
        self::assertLessThanOrEqual(50, \strlen($alert['sourceType']));
        self::assertLessThanOrEqual(50, \strlen($alert['operation']));
        self::assertSame('Timeout.', $alert['message']);
    }

    private function manager(LoggerInterface $logger): SidecarAlertManager
    {
        $tokenAccessor = $this->createMock(TokenAccessorInterface::class);
        $tokenAccessor->method('getOrganizationId')->willReturn(1);

        return new SidecarAlertManager(
            SidecarAlert::SOURCE_TYPE,
            SidecarAlert::RESOURCE_TYPE,
            $this->doctrine,
            $tokenAccessor,
            $logger
        );
    }
}
