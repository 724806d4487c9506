<?php

namespace Zigzag\Bundle\OrderReturnBundle\Controller;

use Oro\Bundle\SecurityBundle\Attribute\AclAncestor;
use Symfony\Bridge\Twig\Attribute\Template;
use Symfony\Bundle\FrameworkBundle\Controller\AbstractController;
use Symfony\Component\Routing\Attribute\Route;
use Zigzag\Bundle\OrderReturnBundle\Entity\OrderReturnCredit;

/**
 * The page of credit memos.
 */
class OrderReturnCreditController extends AbstractController
{
    #[Route(path: '/', name: 'zigzag_order_return_credit_index')]
    #[Template('@ZigzagOrderReturn/OrderReturnCredit/index.html.twig')]
    #[AclAncestor('zigzag_order_return_credit_view')]
    public function indexAction(): array
    {
        return ['entity_class' => OrderReturnCredit::class];
    }
}
