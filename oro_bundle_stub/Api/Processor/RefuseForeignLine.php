<?php

namespace Zigzag\Bundle\OrderReturnBundle\Api\Processor;

use Doctrine\Common\Collections\AbstractLazyCollection;
use Oro\Bundle\ApiBundle\Form\FormUtil;
use Oro\Bundle\ApiBundle\Processor\CustomizeFormData\CustomizeFormDataContext;
use Oro\Component\ChainProcessor\ContextInterface;
use Oro\Component\ChainProcessor\ProcessorInterface;
use Symfony\Component\HttpFoundation\Response;
use Zigzag\Bundle\OrderReturnBundle\Api\StoredState;
use Zigzag\Bundle\OrderReturnBundle\Entity\OrderReturn;
use Zigzag\Bundle\OrderReturnBundle\Entity\OrderReturnLineItem;

/**
 * Refuses a document that would take a line away from another return.
 */
class RefuseForeignLine implements ProcessorInterface
{
    public const ERROR_TYPE = 'line key constraint';
    private const ERROR_MESSAGE = 'The line key belongs to another return.';

    public function __construct(
        private readonly StoredState $storedState
    ) {
    }

    #[\Override]
    public function process(ContextInterface $context): void
    {
        /** @var CustomizeFormDataContext $context */

        $entity = $context->getData();
        if ($entity instanceof OrderReturn) {
            $this->checkLinesOfReturn($entity, $context);
        } elseif ($entity instanceof OrderReturnLineItem
            && !\in_array($entity->getOrderReturn(), $context->getAllEntities(), true)
            && $this->isForeign($entity)
        ) {
            $this->addError($entity, $context);
        }
    }

    private function checkLinesOfReturn(OrderReturn $orderReturn, CustomizeFormDataContext $context): void
    {
        $lineItems = $orderReturn->getLineItems();
        if ($lineItems instanceof AbstractLazyCollection && !$lineItems->isInitialized()) {
            // the request says nothing about the lines
            return;
        }

        foreach ($lineItems as $lineItem) {
            if ($this->isForeign($lineItem)) {
                $this->addError($lineItem, $context);
            }
        }
    }

    private function isForeign(OrderReturnLineItem $lineItem): bool
    {
        $owner = $this->storedState->getValue($lineItem, 'orderReturn');

        return null !== $owner && $owner !== $lineItem->getOrderReturn();
    }

    private function addError(OrderReturnLineItem $lineItem, CustomizeFormDataContext $context): void
    {
        // a line that is only referred to, by its id, has no form of its own
        $lineForm = $context->findForm($lineItem);
        FormUtil::addNamedFormError(
            $lineForm ?? $context->getForm(),
            self::ERROR_TYPE,
            self::ERROR_MESSAGE,
            null !== $lineForm ? 'lineKey' : 'lineItems',
            Response::HTTP_CONFLICT
        );
    }
}
