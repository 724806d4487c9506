<?php

namespace Zigzag\Bundle\OrderReturnBundle\Api\Processor;

use Brick\Math\BigDecimal;
use Doctrine\DBAL\LockMode;
use Doctrine\ORM\EntityManagerInterface;
use Doctrine\Persistence\ManagerRegistry;
use Oro\Bundle\ApiBundle\Form\FormUtil;
use Oro\Bundle\ApiBundle\Processor\CustomizeFormData\CustomizeFormDataContext;
use Oro\Bundle\ApiBundle\Request\RequestType;
use Oro\Bundle\InventoryBundle\Entity\InventoryLevel;
use Oro\Component\ChainProcessor\ContextInterface;
use Oro\Component\ChainProcessor\ProcessorInterface;
use Symfony\Component\HttpFoundation\Response;
use Zigzag\Bundle\OrderReturnBundle\Api\StoredState;
use Zigzag\Bundle\OrderReturnBundle\Entity\OrderReturnStockMovement;

/**
 * Adds the stock movements of a request to their inventory levels, in the transaction that stores the movements.
 *
 * All rows are locked before the first one is changed, always in the same order (returns, then levels, both by id),
 * so that two postings cannot deadlock. The quantity is set through Doctrine, because Oro tells others
 * about a changed inventory level only then.
 */
class RaiseStock implements ProcessorInterface
{
    private const LEVEL_ERROR_TYPE = 'inventory level constraint';
    private const BATCH_ERROR_TYPE = 'stock movement batch constraint';
    /** the column is decimal(20,10) */
    private const LIMIT = '10000000000';

    public function __construct(
        private readonly StoredState $storedState,
        private readonly ManagerRegistry $doctrine
    ) {
    }

    #[\Override]
    public function process(ContextInterface $context): void
    {
        /** @var CustomizeFormDataContext $context */

        $movements = $this->getNewMovements($context);
        if (!$movements || reset($movements) !== $context->getData()) {
            // all movements of a request are handled together, when the turn of the first one comes
            return;
        }

        if ($context->getRequestType()->contains(RequestType::BATCH)) {
            // the items of a batch share one transaction, but nobody sees all of them to lock in order
            $this->addError(
                $context,
                $movements[0],
                self::BATCH_ERROR_TYPE,
                'A stock movement cannot be part of a batch request.'
            );

            return;
        }

        $this->lockReturns($movements);
        $this->lockLevels($movements);
        foreach ($movements as $movement) {
            $this->raise($movement, $context);
        }
    }

    /**
     * @return OrderReturnStockMovement[]
     */
    private function getNewMovements(CustomizeFormDataContext $context): array
    {
        return array_values(array_filter(
            $context->getAllEntities(),
            fn (object $entity) =>
                $entity instanceof OrderReturnStockMovement
                && null !== $entity->getInventoryLevel()
                && !$this->storedState->isStored($entity)
        ));
    }

    /**
     * @param OrderReturnStockMovement[] $movements
     */
    private function lockReturns(array $movements): void
    {
        $orderReturns = [];
        foreach ($movements as $movement) {
            $orderReturn = $movement->getOrderReturn();
            if (null !== $orderReturn && $this->storedState->isStored($orderReturn)) {
                $orderReturns[$orderReturn->getId()] = $orderReturn;
            }
        }
        ksort($orderReturns);
        foreach ($orderReturns as $orderReturn) {
            $this->getEntityManager()->lock($orderReturn, LockMode::PESSIMISTIC_WRITE);
        }
    }

    /**
     * @param OrderReturnStockMovement[] $movements
     */
    private function lockLevels(array $movements): void
    {
        $ids = array_unique(array_map(
            static fn (OrderReturnStockMovement $movement) => $movement->getInventoryLevel()->getId(),
            $movements
        ));
        sort($ids);
        foreach ($ids as $id) {
            // for an entity that is loaded already this is "lock and refresh" in one statement
            $this->getEntityManager()->find(InventoryLevel::class, $id, LockMode::PESSIMISTIC_WRITE);
        }
    }

    private function raise(OrderReturnStockMovement $movement, CustomizeFormDataContext $context): void
    {
        $level = $movement->getInventoryLevel();
        $difference = BigDecimal::of($movement->getQuantity());
        $quantity = BigDecimal::of($level->getQuantity())->plus($difference);

        if ($difference->isNegative() && $quantity->isNegative()) {
            $this->addError(
                $context,
                $movement,
                self::LEVEL_ERROR_TYPE,
                'The inventory level cannot go below zero.'
            );
        } elseif ($quantity->abs()->isGreaterThanOrEqualTo(self::LIMIT)) {
            $this->addError(
                $context,
                $movement,
                self::LEVEL_ERROR_TYPE,
                'The inventory level cannot hold such a quantity.'
            );
        } else {
            $level->setQuantity((string)$quantity);
            $movement->setProductSku($level->getProduct()?->getSku());
            $movement->setProductUnitCode($level->getProductUnitPrecision()?->getProductUnitCode());
        }
    }

    private function addError(
        CustomizeFormDataContext $context,
        OrderReturnStockMovement $movement,
        string $type,
        string $message
    ): void {
        FormUtil::addNamedFormError(
            $context->findForm($movement) ?? $context->getForm(),
            $type,
            $message,
            'quantity',
            Response::HTTP_BAD_REQUEST
        );
    }

    private function getEntityManager(): EntityManagerInterface
    {
        return $this->doctrine->getManagerForClass(InventoryLevel::class);
    }
}
