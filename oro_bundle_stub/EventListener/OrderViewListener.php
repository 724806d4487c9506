<?php

namespace Zigzag\Bundle\OrderReturnBundle\EventListener;

use Oro\Bundle\FeatureToggleBundle\Checker\FeatureCheckerHolderTrait;
use Oro\Bundle\FeatureToggleBundle\Checker\FeatureToggleableInterface;
use Oro\Bundle\OrderBundle\Entity\Order;
use Oro\Bundle\UIBundle\Event\BeforeListRenderEvent;
use Symfony\Component\Security\Core\Authorization\AuthorizationCheckerInterface;
use Symfony\Contracts\Translation\TranslatorInterface;

/**
 * Adds the returns of an order to its view page.
 */
class OrderViewListener implements FeatureToggleableInterface
{
    use FeatureCheckerHolderTrait;

    private const BLOCK_ID = 'zigzag_order_returns';
    /** after the payment history, before the activities */
    private const BLOCK_PRIORITY = 10;

    public function __construct(
        private readonly TranslatorInterface $translator,
        private readonly AuthorizationCheckerInterface $authorizationChecker
    ) {
    }

    public function onView(BeforeListRenderEvent $event): void
    {
        $order = $event->getEntity();
        if (!$order instanceof Order
            || !$this->isFeaturesEnabled()
            || !$this->authorizationChecker->isGranted('zigzag_order_return_view')
        ) {
            return;
        }

        $html = $event->getEnvironment()->render('@ZigzagOrderReturn/Order/returns.html.twig', ['order' => $order]);

        $scrollData = $event->getScrollData();
        $scrollData->addNamedBlock(
            self::BLOCK_ID,
            $this->translator->trans('zigzag.orderreturn.entity_plural_label'),
            self::BLOCK_PRIORITY
        );
        $scrollData->addSubBlockData(self::BLOCK_ID, $scrollData->addSubBlock(self::BLOCK_ID), $html);
    }
}
