<?php

namespace Zigzag\Bundle\OrderReturnBundle\Alert;

use Doctrine\DBAL\Types\Types;
use Oro\Bundle\NotificationBundle\NotificationAlert\NotificationAlertManager;

/**
 * Manages the alert about the returns sidecar. Whoever reaches the sidecar proves that it is back for everybody,
 * so the alerts of all users are resolved at once, and not only those of the current user.
 */
class SidecarAlertManager extends NotificationAlertManager
{
    public function raise(string $message): void
    {
        $this->addNotificationAlert(new SidecarAlert($message));
    }

    public function resolve(): void
    {
        try {
            $this->getEntityManager()->getConnection()->executeStatement(
                sprintf(
                    'UPDATE %s SET is_resolved = :resolved, updated_at = :now'
                    . ' WHERE source_type = :source_type AND resource_type = :resource_type'
                    . ' AND organization_id = :organization_id AND is_resolved = :open',
                    $this->getTableName()
                ),
                [
                    'resolved' => true,
                    'now' => new \DateTime('now', new \DateTimeZone('UTC')),
                    'source_type' => $this->getSourceType(),
                    'resource_type' => $this->getResourceType(),
                    'organization_id' => $this->tokenAccessor->getOrganizationId(),
                    'open' => false,
                ],
                [
                    'resolved' => Types::BOOLEAN,
                    'now' => Types::DATETIME_MUTABLE,
                    'source_type' => Types::STRING,
                    'resource_type' => Types::STRING,
                    'organization_id' => Types::INTEGER,
                    'open' => Types::BOOLEAN,
                ]
            );
        } catch (\Exception $e) {
            // like the other methods of the manager: an alert never breaks what it is about
            $this->logger->error('Failed to resolve the alerts about the returns sidecar.', ['exception' => $e]);
        }
    }
}
