<?php

namespace Zigzag\Bundle\OrderReturnBundle\Api\Processor;

use Oro\Bundle\ApiBundle\Form\FormUtil;
use Oro\Bundle\ApiBundle\Processor\CustomizeFormData\CustomizeFormDataContext;
use Oro\Component\ChainProcessor\ContextInterface;
use Oro\Component\ChainProcessor\ProcessorInterface;
use Symfony\Component\HttpFoundation\Response;
use Zigzag\Bundle\OrderReturnBundle\Api\StoredState;
use Zigzag\Bundle\OrderReturnBundle\Entity\OrderReturnCredit;
use Zigzag\Bundle\OrderReturnBundle\Entity\OrderReturnCreditLine;
use Zigzag\Bundle\OrderReturnBundle\Entity\OrderReturnStockMovement;

/**
 * Keeps a stored posting as it is: it is not written again, nothing is added to a credit memo later,
 * and no memo takes lines or stock movements that are stored already.
 */
class RefuseChangeOfPosting implements ProcessorInterface
{
    public const ERROR_TYPE = 'immutable posting constraint';
    private const CHANGE_MESSAGE = 'The posting is stored. It cannot be changed.';
    private const LATE_MESSAGE = 'The credit memo is posted. Nothing can be added to it.';
    private const TAKEN_MESSAGE = 'A part of another posting cannot be used again.';

    public function __construct(
        private readonly StoredState $storedState
    ) {
    }

    #[\Override]
    public function process(ContextInterface $context): void
    {
        /** @var CustomizeFormDataContext $context */

        $entity = $context->getData();
        if ($this->isPosting($entity) && $this->storedState->isStored($entity)) {
            // the API has no action for this; whatever came here found another way
            $this->addError($context, self::CHANGE_MESSAGE);
        } elseif ($entity instanceof OrderReturnCredit) {
            $this->checkParts($entity->getLines(), 'lines', $context);
            $this->checkParts($entity->getStockMovements(), 'stockMovements', $context);
        } elseif ($entity instanceof OrderReturnCreditLine || $entity instanceof OrderReturnStockMovement) {
            $credit = $entity->getCredit();
            if (null !== $credit && $this->storedState->isStored($credit)) {
                $this->addError($context, self::LATE_MESSAGE, 'credit');
            }
        }
    }

    private function isPosting(mixed $entity): bool
    {
        return $entity instanceof OrderReturnCredit
            || $entity instanceof OrderReturnCreditLine
            || $entity instanceof OrderReturnStockMovement;
    }

    private function checkParts(iterable $parts, string $propertyPath, CustomizeFormDataContext $context): void
    {
        foreach ($parts as $part) {
            if ($this->storedState->isStored($part)) {
                $this->addError($context, self::TAKEN_MESSAGE, $propertyPath);

                return;
            }
        }
    }

    private function addError(
        CustomizeFormDataContext $context,
        string $message,
        ?string $propertyPath = null
    ): void {
        FormUtil::addNamedFormError(
            $context->getForm(),
            self::ERROR_TYPE,
            $message,
            $propertyPath,
            Response::HTTP_BAD_REQUEST
        );
    }
}
