<?php

namespace Zigzag\Bundle\OrderReturnBundle\Tests\Unit\Migrations;

use Doctrine\DBAL\Platforms\PostgreSQL100Platform;
use Doctrine\DBAL\Schema\Comparator;
use Doctrine\DBAL\Schema\Schema;
use Doctrine\ORM\Tools\SchemaTool;
use Oro\Bundle\MigrationBundle\Migration\QueryBag;
use Zigzag\Bundle\OrderReturnBundle\Command\UninstallCommand;
use Zigzag\Bundle\OrderReturnBundle\Migrations\Schema\ZigzagOrderReturnBundleInstaller;
use Zigzag\Bundle\OrderReturnBundle\Tests\Unit\DatabaseTestCase;

class SchemaTest extends DatabaseTestCase
{
    public function testInstallerCreatesWhatTheEntitiesSay(): void
    {
        $mapped = (new SchemaTool($this->em))->getSchemaFromMetadata(
            $this->em->getMetadataFactory()->getAllMetadata()
        );
        $installed = $this->install();

        foreach ([[$installed, $mapped], [$mapped, $installed]] as [$from, $to]) {
            self::assertSame([], $this->getDifference($from, $to));
        }
    }

    public function testInstallerIsTheSumOfTheMigrations(): void
    {
        $versions = array_map('basename', glob(dirname(__DIR__, 3) . '/Migrations/Schema/v*'));
        usort($versions, 'version_compare');

        self::assertSame(end($versions), (new ZigzagOrderReturnBundleInstaller())->getMigrationVersion());
    }

    public function testUninstallDropsEveryTableAfterThoseThatPointToIt(): void
    {
        $schema = $this->install();
        $created = array_filter(
            array_map(static fn ($table) => $table->getName(), array_values($schema->getTables())),
            static fn (string $name) => str_contains($name, 'zigzag_')
        );
        self::assertEqualsCanonicalizing($created, UninstallCommand::TABLES);

        $dropped = [];
        foreach (UninstallCommand::TABLES as $name) {
            foreach ($schema->getTables() as $table) {
                foreach ($table->getForeignKeys() as $foreignKey) {
                    if ($foreignKey->getForeignTableName() === $name) {
                        self::assertContains($table->getName(), $dropped);
                    }
                }
            }
            $dropped[] = $name;
        }
    }

    private function install(): Schema
    {
        $schema = new Schema();
        $oroTables = ['oro_order', 'oro_order_line_item', 'oro_product', 'oro_inventory_level', 'oro_organization'];
        foreach ($oroTables as $name) {
            $schema->createTable($name)->addColumn('id', 'integer');
            $schema->getTable($name)->setPrimaryKey(['id']);
        }
        (new ZigzagOrderReturnBundleInstaller())->up($schema, new QueryBag());

        return $schema;
    }

    /**
     * @return string[] the statements for the tables of the bundle
     */
    private function getDifference(Schema $from, Schema $to): array
    {
        return array_values(array_filter(
            (new Comparator())->compareSchemas($from, $to)->toSql(new PostgreSQL100Platform()),
            // a comment that names the type is added by the platform where it is needed
            static fn (string $sql) => str_contains($sql, 'zigzag_') && !str_starts_with($sql, 'COMMENT ON COLUMN')
        ));
    }
}
