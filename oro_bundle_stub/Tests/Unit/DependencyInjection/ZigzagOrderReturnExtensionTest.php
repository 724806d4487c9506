<?php

namespace Zigzag\Bundle\OrderReturnBundle\Tests\Unit\DependencyInjection;

use PHPUnit\Framework\TestCase;
use Symfony\Component\DependencyInjection\ContainerBuilder;
use Symfony\Component\DependencyInjection\Definition;
use Zigzag\Bundle\OrderReturnBundle\Alert\SidecarAlert;
use Zigzag\Bundle\OrderReturnBundle\DependencyInjection\ZigzagOrderReturnExtension;
use Zigzag\Bundle\OrderReturnBundle\ZigzagOrderReturnBundle;

class ZigzagOrderReturnExtensionTest extends TestCase
{
    public function testAlias(): void
    {
        $extension = (new ZigzagOrderReturnBundle())->getContainerExtension();

        self::assertInstanceOf(ZigzagOrderReturnExtension::class, $extension);
        self::assertSame('zigzag_order_return', $extension->getAlias());
    }

    public function testDefaultsOfTheSettings(): void
    {
        [$config] = $this->load()->getExtensionConfig('zigzag_order_return');

        self::assertSame(
            ['enabled' => true, 'sidecar_url' => null, 'api_key' => null],
            array_map(
                static fn (array $setting) => $setting['value'],
                array_intersect_key($config['settings'], ['enabled' => 1, 'sidecar_url' => 1, 'api_key' => 1])
            )
        );
    }

    public function testEveryServiceFitsItsClass(): void
    {
        $definitions = array_filter(
            $this->load()->getDefinitions(),
            static fn (Definition $definition) => str_starts_with((string)$definition->getClass(), 'Zigzag\\')
        );
        self::assertNotEmpty($definitions);

        foreach ($definitions as $id => $definition) {
            self::assertFileExists($this->getFile($definition->getClass()), $id);
            if (str_contains($definition->getClass(), '\\Controller\\')
                || str_contains($definition->getClass(), '\\EventListener\\')
            ) {
                // they extend what is not here without Oro
                continue;
            }
            $constructor = (new \ReflectionClass($definition->getClass()))->getConstructor();
            self::assertSame(
                $constructor?->getNumberOfParameters() ?? 0,
                \count($definition->getArguments()),
                $id
            );
        }
    }

    public function testReferencesToOwnServicesExist(): void
    {
        $container = $this->load();
        foreach ($container->getDefinitions() as $id => $definition) {
            foreach ($definition->getArguments() as $argument) {
                if (str_starts_with((string)(\is_object($argument) ? $argument : ''), 'zigzag_order_return.')) {
                    self::assertTrue($container->has((string)$argument), $id);
                }
            }
        }
    }

    public function testAlertManagerHandlesTheAlertOfTheBundle(): void
    {
        $arguments = $this->load()->getDefinition('zigzag_order_return.sidecar_alert_manager')->getArguments();

        self::assertSame([SidecarAlert::SOURCE_TYPE, SidecarAlert::RESOURCE_TYPE], \array_slice($arguments, 0, 2));
    }

    private function load(): ContainerBuilder
    {
        $container = new ContainerBuilder();
        (new ZigzagOrderReturnExtension())->load([], $container);

        return $container;
    }

    private function getFile(string $class): string
    {
        return dirname(__DIR__, 3)
            . str_replace('\\', '/', substr($class, \strlen('Zigzag\Bundle\OrderReturnBundle')))
            . '.php';
    }
}
