<?php

namespace Zigzag\Bundle\OrderReturnBundle\Alert;

use Oro\Bundle\NotificationBundle\NotificationAlert\NotificationAlertInterface;
use Oro\Bundle\NotificationBundle\NotificationAlert\NotificationAlertManager;
use Oro\Bundle\SecurityBundle\Tools\UUIDGenerator;

/**
 * Represents the notification alert that says that the returns sidecar cannot be reached.
 */
class SidecarAlert implements NotificationAlertInterface
{
    public const SOURCE_TYPE = 'ZigzagReturns';
    public const RESOURCE_TYPE = 'sidecar';
    public const ALERT_TYPE = 'connection';
    private const OPERATION = 'sync';

    private readonly string $id;

    public function __construct(
        private readonly string $message
    ) {
        $this->id = UUIDGenerator::v4();
    }

    #[\Override]
    public function getId(): string
    {
        return $this->id;
    }

    #[\Override]
    public function getSourceType(): string
    {
        return self::SOURCE_TYPE;
    }

    #[\Override]
    public function toArray(): array
    {
        return [
            NotificationAlertManager::ID => $this->id,
            NotificationAlertManager::SOURCE_TYPE => self::SOURCE_TYPE,
            NotificationAlertManager::RESOURCE_TYPE => self::RESOURCE_TYPE,
            NotificationAlertManager::ALERT_TYPE => self::ALERT_TYPE,
            NotificationAlertManager::OPERATION => self::OPERATION,
            NotificationAlertManager::MESSAGE => $this->message,
        ];
    }
}
