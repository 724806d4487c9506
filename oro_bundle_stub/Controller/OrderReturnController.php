<?php

namespace Zigzag\Bundle\OrderReturnBundle\Controller;

use Oro\Bundle\SecurityBundle\Attribute\AclAncestor;
use Symfony\Bridge\Twig\Attribute\Template;
use Symfony\Bundle\FrameworkBundle\Controller\AbstractController;
use Symfony\Component\Routing\Attribute\Route;
use Zigzag\Bundle\OrderReturnBundle\Entity\OrderReturn;
use Zigzag\Bundle\OrderReturnBundle\Sidecar\SidecarSettings;

/**
 * The pages of returns. Nothing is edited here: ZigZag and the returns sidecar own the documents.
 */
class OrderReturnController extends AbstractController
{
    #[Route(path: '/', name: 'zigzag_order_return_index')]
    #[Template('@ZigzagOrderReturn/OrderReturn/index.html.twig')]
    #[AclAncestor('zigzag_order_return_view')]
    public function indexAction(): array
    {
        return ['entity_class' => OrderReturn::class];
    }

    #[Route(path: '/view/{id}', name: 'zigzag_order_return_view', requirements: ['id' => '\d+'])]
    #[Template('@ZigzagOrderReturn/OrderReturn/view.html.twig')]
    #[AclAncestor('zigzag_order_return_view')]
    public function viewAction(OrderReturn $orderReturn): array
    {
        return [
            'entity' => $orderReturn,
            'deskUrl' => $this->container->get(SidecarSettings::class)->getDeskUrl($orderReturn->getExternalId()),
        ];
    }

    #[\Override]
    public static function getSubscribedServices(): array
    {
        return array_merge(parent::getSubscribedServices(), [SidecarSettings::class]);
    }
}
