<?php

namespace Zigzag\Bundle\OrderReturnBundle\Sidecar;

use Oro\Bundle\ConfigBundle\Config\ConfigManager;
use Oro\Bundle\SecurityBundle\Encoder\SymmetricCrypterInterface;
use Zigzag\Bundle\OrderReturnBundle\DependencyInjection\Configuration;

/**
 * Reads from the system configuration where the returns sidecar is and what key opens it.
 */
class SidecarSettings
{
    public function __construct(
        private readonly ConfigManager $configManager,
        private readonly SymmetricCrypterInterface $crypter
    ) {
    }

    public function isEnabled(): bool
    {
        return (bool)$this->getOption(Configuration::ENABLED);
    }

    /**
     * The base URL without a slash at the end; NULL when it is not configured.
     */
    public function getUrl(): ?string
    {
        $url = rtrim(trim((string)$this->getOption(Configuration::SIDECAR_URL)), '/');

        return '' !== $url ? $url : null;
    }

    /**
     * The key in clear; NULL when it is not configured.
     */
    public function getApiKey(): ?string
    {
        $encrypted = (string)$this->getOption(Configuration::API_KEY);
        if ('' === $encrypted) {
            return null;
        }

        $key = trim((string)$this->crypter->decryptData($encrypted));

        return '' !== $key ? $key : null;
    }

    /**
     * The page of the sidecar's desk that shows a return; NULL when no URL is configured.
     */
    public function getDeskUrl(string $externalId): ?string
    {
        $url = $this->getUrl();

        return null !== $url ? $url . '/desk/returns/' . rawurlencode($externalId) : null;
    }

    private function getOption(string $option): mixed
    {
        return $this->configManager->get(Configuration::getConfigKey($option));
    }
}
