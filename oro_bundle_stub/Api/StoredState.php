<?php

namespace Zigzag\Bundle\OrderReturnBundle\Api;

use Doctrine\ORM\EntityManagerInterface;
use Doctrine\Persistence\ManagerRegistry;

/**
 * Tells what the database knew about an entity before the current request changed it.
 *
 * The guards look here and never at the action: an included entity has its own action context, and an upserted one
 * always reports "create". They do not look at the identifier either: with a sequence, an entity has one
 * as soon as it is persisted, before it is stored.
 */
class StoredState
{
    public function __construct(
        private readonly ManagerRegistry $doctrine
    ) {
    }

    /**
     * Whether the entity has a row already.
     */
    public function isStored(object $entity): bool
    {
        $unitOfWork = $this->getEntityManager($entity)->getUnitOfWork();

        return $unitOfWork->isInIdentityMap($entity) && !$unitOfWork->isScheduledForInsert($entity);
    }

    /**
     * The value of a property as it was loaded; NULL when the entity has no row yet.
     */
    public function getValue(object $entity, string $property): mixed
    {
        if (!$this->isStored($entity)) {
            return null;
        }

        $em = $this->getEntityManager($entity);
        $em->initializeObject($entity);

        return $em->getUnitOfWork()->getOriginalEntityData($entity)[$property] ?? null;
    }

    private function getEntityManager(object $entity): EntityManagerInterface
    {
        return $this->doctrine->getManagerForClass($entity::class);
    }
}
