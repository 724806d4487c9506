<?php

namespace Zigzag\Bundle\OrderReturnBundle\Api\Processor;

use Doctrine\ORM\EntityManagerInterface;
use Doctrine\Persistence\ManagerRegistry;
use Oro\Bundle\ApiBundle\Form\FormUtil;
use Oro\Bundle\ApiBundle\Processor\CustomizeFormData\CustomizeFormDataContext;
use Oro\Component\ChainProcessor\ContextInterface;
use Oro\Component\ChainProcessor\ProcessorInterface;
use Symfony\Component\HttpFoundation\Response;
use Zigzag\Bundle\OrderReturnBundle\Api\StoredState;
use Zigzag\Bundle\OrderReturnBundle\Entity\OrderReturn;
use Zigzag\Bundle\OrderReturnBundle\Entity\OrderReturnLineItem;

/**
 * Raises the revision of a return inside the transaction that writes it, if it is still the revision that was read.
 * Of two simultaneous updates the second one waits for the first and is refused, so their lines never mix.
 *
 * The new revision is given to the entity as well. That makes the return itself part of the flush,
 * so its "updatedAt" moves even when only lines changed.
 */
class CompareAndSetRevision implements ProcessorInterface
{
    public const ERROR_TYPE = 'revision conflict constraint';
    private const ERROR_MESSAGE = 'The return was changed by another request.';

    public function __construct(
        private readonly StoredState $storedState,
        private readonly ManagerRegistry $doctrine
    ) {
    }

    #[\Override]
    public function process(ContextInterface $context): void
    {
        /** @var CustomizeFormDataContext $context */

        $orderReturn = $this->getChangedReturn($context);
        if (null === $orderReturn || !$this->storedState->isStored($orderReturn)) {
            // two simultaneous first documents are told apart by the unique index
            return;
        }

        $revision = $this->storedState->getValue($orderReturn, 'revision');
        if ($this->raiseRevision($orderReturn, $revision)) {
            $orderReturn->setRevision($revision + 1);
        } else {
            FormUtil::addNamedFormError(
                $context->getForm(),
                self::ERROR_TYPE,
                self::ERROR_MESSAGE,
                null,
                Response::HTTP_CONFLICT
            );
        }
    }

    private function getChangedReturn(CustomizeFormDataContext $context): ?OrderReturn
    {
        $entity = $context->getData();
        if ($entity instanceof OrderReturn) {
            return $entity;
        }

        if ($entity instanceof OrderReturnLineItem) {
            $orderReturn = $entity->getOrderReturn();
            if (!\in_array($orderReturn, $context->getAllEntities(), true)) {
                return $orderReturn;
            }
            // the return comes with its line, and it is guarded on its own
        }

        return null;
    }

    private function raiseRevision(OrderReturn $orderReturn, int $revision): bool
    {
        /** @var EntityManagerInterface $em */
        $em = $this->doctrine->getManagerForClass(OrderReturn::class);

        return 1 === $em->createQueryBuilder()
            ->update(OrderReturn::class, 'r')
            ->set('r.revision', 'r.revision + 1')
            ->where('r.id = :id AND r.revision = :revision')
            ->setParameter('id', $orderReturn->getId())
            ->setParameter('revision', $revision)
            ->getQuery()
            ->execute();
    }
}
