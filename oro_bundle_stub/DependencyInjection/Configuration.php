<?php

namespace Zigzag\Bundle\OrderReturnBundle\DependencyInjection;

use Oro\Bundle\ConfigBundle\DependencyInjection\SettingsBuilder;
use Symfony\Component\Config\Definition\Builder\TreeBuilder;
use Symfony\Component\Config\Definition\ConfigurationInterface;

/**
 * Declares the system configuration options of the bundle.
 */
class Configuration implements ConfigurationInterface
{
    public const ROOT_NODE = 'zigzag_order_return';

    public const ENABLED = 'enabled';
    public const SIDECAR_URL = 'sidecar_url';
    public const API_KEY = 'api_key';

    #[\Override]
    public function getConfigTreeBuilder(): TreeBuilder
    {
        $treeBuilder = new TreeBuilder(self::ROOT_NODE);

        SettingsBuilder::append($treeBuilder->getRootNode(), [
            self::ENABLED => ['type' => 'boolean', 'value' => true],
            self::SIDECAR_URL => ['type' => 'text', 'value' => null],
            self::API_KEY => ['type' => 'text', 'value' => null],
        ]);

        return $treeBuilder;
    }

    /**
     * Returns the full name of an option, as the configuration manager knows it.
     */
    public static function getConfigKey(string $option): string
    {
        return self::ROOT_NODE . '.' . $option;
    }
}
