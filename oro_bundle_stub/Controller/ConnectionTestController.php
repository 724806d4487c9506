<?php

namespace Zigzag\Bundle\OrderReturnBundle\Controller;

use Oro\Bundle\SecurityBundle\Attribute\AclAncestor;
use Symfony\Bundle\FrameworkBundle\Controller\AbstractController;
use Symfony\Component\HttpFoundation\RedirectResponse;
use Symfony\Component\Routing\Attribute\Route;
use Zigzag\Bundle\OrderReturnBundle\Sidecar\SidecarClient;
use Zigzag\Bundle\OrderReturnBundle\Sidecar\SidecarException;
use Zigzag\Bundle\OrderReturnBundle\Sidecar\SidecarReporter;

/**
 * Tests the saved connection to the returns sidecar and goes back to the system configuration page.
 */
class ConnectionTestController extends AbstractController
{
    #[Route(path: '/test-connection', name: 'zigzag_order_return_test_connection', methods: ['GET'])]
    #[AclAncestor('oro_config_system')]
    public function testAction(): RedirectResponse
    {
        $reporter = $this->container->get(SidecarReporter::class);
        try {
            $this->container->get(SidecarClient::class)->checkConnection();
            $reporter->reportSuccess('connection_works');
        } catch (SidecarException $e) {
            $reporter->reportFailure($e);
        }

        return $this->redirectToRoute('oro_config_configuration_system', [
            'activeGroup' => 'commerce',
            'activeSubGroup' => 'zigzag_order_return_settings',
        ]);
    }

    #[\Override]
    public static function getSubscribedServices(): array
    {
        return array_merge(parent::getSubscribedServices(), [SidecarClient::class, SidecarReporter::class]);
    }
}
