<?php

namespace Zigzag\Bundle\OrderReturnBundle\Tests\Unit\Resources;

use Symfony\Component\Yaml\Yaml;
use Zigzag\Bundle\OrderReturnBundle\DependencyInjection\Configuration;
use Zigzag\Bundle\OrderReturnBundle\Tests\Unit\DatabaseTestCase;

/**
 * The configuration files agree with each other and with the classes.
 */
class ConfigurationTest extends DatabaseTestCase
{
    private const ROOT = __DIR__ . '/../../..';

    private const TYPES = [
        'OrderReturn' => 'orderreturns',
        'OrderReturnLineItem' => 'orderreturnlineitems',
        'OrderReturnCredit' => 'orderreturncredits',
        'OrderReturnCreditLine' => 'orderreturncreditlines',
        'OrderReturnStockMovement' => 'orderreturnstockmovements',
    ];

    public function testApiTypesArePinned(): void
    {
        foreach ($this->read('entity.yml')['oro_entity']['entity_aliases'] as $class => $alias) {
            $types[(new \ReflectionClass($class))->getShortName()] = $alias['plural_alias'];
        }

        self::assertSame(self::TYPES, $types);
    }

    public function testApiResourcesAreTheEntities(): void
    {
        self::assertEqualsCanonicalizing($this->getEntities(), array_keys($this->read('api.yml')['api']['entities']));
    }

    public function testApiNamesExistInTheMapping(): void
    {
        foreach ($this->read('api.yml')['api']['entities'] as $class => $config) {
            $metadata = $this->em->getClassMetadata($class);
            $names = array_merge($metadata->getFieldNames(), $metadata->getAssociationNames());
            foreach (['fields', 'filters', 'sorters'] as $section) {
                $fields = $config[$section]['fields'] ?? $config[$section] ?? [];
                self::assertSame([], array_diff(array_keys($fields), $names), $class);
            }
            $visible = array_filter(
                $metadata->getAssociationNames(),
                static fn (string $name) => !($config['fields'][$name]['exclude'] ?? false)
            );
            self::assertEqualsCanonicalizing($visible, array_keys($config['subresources']), $class);
        }
    }

    public function testNoRelationshipCanBeChangedByItself(): void
    {
        foreach ($this->read('api.yml')['api']['entities'] as $class => $config) {
            $metadata = $this->em->getClassMetadata($class);
            foreach ($config['subresources'] as $name => $subresource) {
                $actions = ['update_relationship' => false];
                if ($metadata->isCollectionValuedAssociation($name)) {
                    $actions += ['add_relationship' => false, 'delete_relationship' => false];
                }
                self::assertSame($actions, $subresource['actions'], $class . '::' . $name);
            }
        }
    }

    public function testNothingCanBeDeletedAndPostingsCannotBeUpdated(): void
    {
        foreach ($this->read('api.yml')['api']['entities'] as $class => $config) {
            self::assertFalse($config['actions']['delete'], $class);
            self::assertFalse($config['actions']['delete_list'], $class);
            if (preg_match('/(Credit|CreditLine|StockMovement)$/', $class)) {
                self::assertFalse($config['actions']['update'], $class);
                self::assertSame(['disable' => true], $config['upsert'], $class);
            }
        }
    }

    public function testUpsertKeysAreUnique(): void
    {
        foreach ($this->read('api.yml')['api']['entities'] as $class => $config) {
            $metadata = $this->em->getClassMetadata($class);
            foreach ($config['upsert']['replace'] ?? [] as [$field]) {
                $columns = array_column($metadata->table['uniqueConstraints'], 'columns');
                self::assertContains([$metadata->getColumnName($field)], $columns);
            }
        }
    }

    public function testToManyRelationsAreNotCutAtTheDefaultLimit(): void
    {
        foreach ($this->read('api.yml')['api']['entities'] as $class => $config) {
            $metadata = $this->em->getClassMetadata($class);
            foreach ($metadata->getAssociationNames() as $name) {
                if ($metadata->isCollectionValuedAssociation($name)
                    && !($config['fields'][$name]['exclude'] ?? false)
                ) {
                    self::assertSame(-1, $config['fields'][$name]['max_results']);
                }
            }
        }
    }

    public function testDocumentationExists(): void
    {
        foreach ($this->read('api.yml')['api']['entities'] as $class => $config) {
            $file = str_replace('@ZigzagOrderReturnBundle', self::ROOT, $config['documentation_resource']);
            self::assertStringStartsWith('# ' . $class . "\n", file_get_contents($file));
        }
    }

    public function testToggleCoversEverything(): void
    {
        $feature = $this->read('features.yml')['features']['zigzag_order_return'];

        self::assertSame(Configuration::getConfigKey(Configuration::ENABLED), $feature['toggle']);
        self::assertEqualsCanonicalizing($this->getEntities(), $feature['entities']);
        self::assertEqualsCanonicalizing($this->getEntities(), $feature['api_resources']);
        self::assertEqualsCanonicalizing($this->getOwnOperations(), $feature['operations']);
        foreach ($feature['routes'] as $route) {
            self::assertContains($route, $this->getRoutes());
        }
        foreach (array_keys($this->read('navigation.yml')['navigation']['menu_config']['items']) as $item) {
            self::assertContains('application_menu.sales_tab.' . $item, $feature['navigation_items']);
        }
    }

    public function testMenuAndTitlesLeadToRoutes(): void
    {
        $navigation = $this->read('navigation.yml')['navigation'];
        foreach ($navigation['menu_config']['items'] as $item) {
            self::assertContains($item['route'], $this->getRoutes());
        }
        foreach (array_keys($navigation['titles']) as $route) {
            self::assertContains($route, $this->getRoutes());
        }
    }

    public function testRoutingLoadsEveryController(): void
    {
        $loaded = array_map(
            static fn (array $route) => basename($route['resource'], '.php'),
            array_values($this->read('routing.yml'))
        );
        $controllers = array_map(
            static fn (string $file) => basename($file, '.php'),
            glob(self::ROOT . '/Controller/*.php')
        );

        self::assertEqualsCanonicalizing($controllers, $loaded);
        foreach ($this->read('routing.yml') as $route) {
            // "annotation" is gone in Symfony 7
            self::assertSame('attribute', $route['type']);
        }
    }

    public function testUsedAclResourcesAreDeclared(): void
    {
        $declared = array_merge(array_keys($this->read('acls.yml')['acls']), ['oro_config_system']);

        $used = [];
        foreach (['Controller', 'EventListener', 'Resources/views', 'Resources/config/oro'] as $directory) {
            foreach ($this->getFiles($directory) as $file) {
                preg_match_all(
                    '/(?:AclAncestor\(|isGranted\(|is_granted\(|acl_resource: )\'?(\w+)/',
                    file_get_contents($file),
                    $matches
                );
                $used = array_merge($used, $matches[1]);
            }
        }

        self::assertNotEmpty($used);
        self::assertSame([], array_diff($used, $declared, ['VIEW']));
    }

    public function testOperationsHaveServices(): void
    {
        $services = Yaml::parseFile(self::ROOT . '/Resources/config/services.yml')['services'];
        foreach ($this->getOwnOperations() as $name) {
            $operation = $this->read('actions.yml')['operations'][$name];
            self::assertSame([['name' => 'oro_operation_service']], $services[$operation['service']]['tags']);
            self::assertNotEmpty($operation['acl_resource']);
        }
    }

    public function testGenericButtonsAreOff(): void
    {
        $operations = $this->read('actions.yml')['operations'];

        self::assertEqualsCanonicalizing($this->getEntities(), $operations['DELETE']['exclude_entities']);
        self::assertEqualsCanonicalizing($this->getEntities(), $operations['UPDATE']['exclude_entities']);
    }

    public function testEveryGuardIsRegisteredForItsEventAndClasses(): void
    {
        $entity = 'Zigzag\Bundle\OrderReturnBundle\Entity\\';
        $registered = [];
        foreach (Yaml::parseFile(self::ROOT . '/Resources/config/services_api.yml')['services'] as $service) {
            foreach ($service['tags'] ?? [] as $tag) {
                self::assertSame(['oro.api.processor', 'customize_form_data'], [$tag['name'], $tag['action']]);
                // an upserted entity in "included" always reports "create"
                self::assertArrayNotHasKey('parentAction', $tag);
                $guard = basename(str_replace('\\', '/', $service['class']));
                $registered[$guard][$tag['event']][] = str_replace($entity, '', $tag['class']);
            }
        }

        self::assertEquals([
            'RefuseForeignLine' => ['pre_validate' => ['OrderReturn', 'OrderReturnLineItem']],
            'RefuseStaleDocument' => ['pre_validate' => ['OrderReturn']],
            'RefuseChangeOfPosting' => [
                'pre_validate' => ['OrderReturnCredit', 'OrderReturnCreditLine', 'OrderReturnStockMovement'],
            ],
            'CompareAndSetRevision' => ['pre_flush_data' => ['OrderReturn', 'OrderReturnLineItem']],
            'RaiseStock' => ['pre_flush_data' => ['OrderReturnStockMovement']],
        ], $registered);
    }

    public function testNoUniqueEntityConstraint(): void
    {
        self::assertStringNotContainsString(
            'UniqueEntity:',
            file_get_contents(self::ROOT . '/Resources/config/validation.yml')
        );
    }

    public function testSystemConfigurationShowsEveryOption(): void
    {
        $configuration = $this->read('system_configuration.yml')['system_configuration'];
        $fields = array_keys($configuration['fields']);
        foreach ([Configuration::ENABLED, Configuration::SIDECAR_URL, Configuration::API_KEY] as $option) {
            self::assertContains(Configuration::getConfigKey($option), $fields);
        }

        $shown = [];
        array_walk_recursive(
            $configuration['tree'],
            static function (string $field) use (&$shown): void {
                $shown[] = $field;
            }
        );
        self::assertEqualsCanonicalizing($fields, $shown);
    }

    public function testSanitizedColumnsExist(): void
    {
        foreach ($this->read('sanitize.yml')['oro_sanitize']['entity'] as $table => $rules) {
            $columns = [];
            foreach ($this->getEntities() as $class) {
                $metadata = $this->em->getClassMetadata($class);
                $columns[$metadata->getTableName()] = $metadata->getColumnNames();
            }
            self::assertSame([], array_diff(array_keys($rules['fields']), $columns[$table]));
        }
    }

    private function read(string $file): array
    {
        return Yaml::parseFile(self::ROOT . '/Resources/config/oro/' . $file);
    }

    /**
     * @return string[]
     */
    private function getEntities(): array
    {
        return array_map(
            static fn (string $name) => 'Zigzag\Bundle\OrderReturnBundle\Entity\\' . $name,
            array_keys(self::TYPES)
        );
    }

    /**
     * @return string[]
     */
    private function getOwnOperations(): array
    {
        return array_values(preg_grep('/^zigzag_/', array_keys($this->read('actions.yml')['operations'])));
    }

    /**
     * @return string[]
     */
    private function getRoutes(): array
    {
        $routes = [];
        foreach (glob(self::ROOT . '/Controller/*.php') as $file) {
            preg_match_all('/#\[Route\(.*name: \'(\w+)\'/', file_get_contents($file), $matches);
            $routes = array_merge($routes, $matches[1]);
        }

        return $routes;
    }

    /**
     * @return string[]
     */
    private function getFiles(string $directory): array
    {
        $files = [];
        $iterator = new \RecursiveIteratorIterator(
            new \RecursiveDirectoryIterator(self::ROOT . '/' . $directory, \FilesystemIterator::SKIP_DOTS)
        );
        foreach ($iterator as $file) {
            $files[] = $file->getPathname();
        }

        return $files;
    }
}
