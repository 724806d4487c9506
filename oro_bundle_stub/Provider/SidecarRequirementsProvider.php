<?php

namespace Zigzag\Bundle\OrderReturnBundle\Provider;

use Oro\Bundle\DistributionBundle\Handler\ApplicationState;
use Oro\Bundle\InstallerBundle\Provider\AbstractRequirementsProvider;
use Symfony\Requirements\RequirementCollection;
use Zigzag\Bundle\OrderReturnBundle\Sidecar\SidecarClient;
use Zigzag\Bundle\OrderReturnBundle\Sidecar\SidecarException;
use Zigzag\Bundle\OrderReturnBundle\Sidecar\SidecarSettings;

/**
 * Shows the health of the returns sidecar among the requirements. It is a recommendation and never a requirement:
 * a sidecar that is down must not stop an installation or an update of the shop.
 */
class SidecarRequirementsProvider extends AbstractRequirementsProvider
{
    public function __construct(
        private readonly ApplicationState $applicationState,
        private readonly SidecarSettings $settings,
        private readonly SidecarClient $client
    ) {
    }

    #[\Override]
    public function getRecommendations(): ?RequirementCollection
    {
        // before the installation there is no database to read the settings from
        if (!$this->applicationState->isInstalled() || !$this->settings->isEnabled()) {
            return null;
        }

        $collection = new RequirementCollection();
        $isConfigured = null !== $this->settings->getUrl() && null !== $this->settings->getApiKey();
        $collection->addRecommendation(
            $isConfigured,
            'The URL and the key of the returns sidecar are configured',
            'Set them in System > Configuration > Commerce > Orders > Returns.'
        );
        if ($isConfigured) {
            $problem = $this->findProblem();
            $collection->addRecommendation(
                null === $problem,
                'The returns sidecar is ready and accepts the key',
                sprintf('The returns sidecar at %s does not work: %s', $this->settings->getUrl(), $problem)
            );
        }

        return $collection;
    }

    private function findProblem(): ?string
    {
        try {
            $this->client->checkConnection();
        } catch (SidecarException $e) {
            return $e->getMessage();
        }

        return null;
    }
}
