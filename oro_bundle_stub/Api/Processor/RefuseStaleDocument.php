<?php

namespace Zigzag\Bundle\OrderReturnBundle\Api\Processor;

use Oro\Bundle\ApiBundle\Form\FormUtil;
use Oro\Bundle\ApiBundle\Processor\CustomizeFormData\CustomizeFormDataContext;
use Oro\Component\ChainProcessor\ContextInterface;
use Oro\Component\ChainProcessor\ProcessorInterface;
use Symfony\Component\HttpFoundation\Response;
use Zigzag\Bundle\OrderReturnBundle\Api\StoredState;
use Zigzag\Bundle\OrderReturnBundle\Entity\OrderReturn;

/**
 * Refuses a document that is older than the stored one.
 * A document without a time is accepted, but the stored time stays: it must not open the door for older ones.
 */
class RefuseStaleDocument implements ProcessorInterface
{
    public const ERROR_TYPE = 'stale document constraint';
    private const ERROR_MESSAGE = 'A newer document was stored.';

    public function __construct(
        private readonly StoredState $storedState
    ) {
    }

    #[\Override]
    public function process(ContextInterface $context): void
    {
        /** @var CustomizeFormDataContext $context */

        $orderReturn = $context->getData();
        if (!$orderReturn instanceof OrderReturn) {
            return;
        }

        $storedTime = $this->storedState->getValue($orderReturn, 'sourceUpdatedAt');
        if (null === $storedTime) {
            return;
        }

        $time = $orderReturn->getSourceUpdatedAt();
        if (null === $time) {
            $orderReturn->setSourceUpdatedAt($storedTime);
        } elseif ($time < $storedTime) {
            FormUtil::addNamedFormError(
                $context->getForm(),
                self::ERROR_TYPE,
                self::ERROR_MESSAGE,
                'sourceUpdatedAt',
                Response::HTTP_CONFLICT
            );
        }
    }
}
