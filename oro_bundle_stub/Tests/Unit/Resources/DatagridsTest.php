<?php

namespace Zigzag\Bundle\OrderReturnBundle\Tests\Unit\Resources;

use Symfony\Component\Yaml\Yaml;
use Zigzag\Bundle\OrderReturnBundle\Tests\Unit\DatabaseTestCase;

/**
 * The queries of the grids are understood by Doctrine, and columns, sorters and filters match them.
 */
class DatagridsTest extends DatabaseTestCase
{
    /**
     * @dataProvider grids
     */
    public function testQuery(string $name): void
    {
        $query = $this->getGrid($name)['source']['query'];

        $qb = $this->em->createQueryBuilder()->select($query['select']);
        foreach ($query['from'] as $from) {
            $qb->from($from['table'], $from['alias']);
        }
        foreach ($query['join']['inner'] ?? [] as $join) {
            $qb->innerJoin($join['join'], $join['alias']);
        }
        foreach ($query['where']['and'] ?? [] as $where) {
            $qb->andWhere($where);
        }
        if (isset($query['groupBy'])) {
            $qb->groupBy($query['groupBy']);
        }

        self::assertStringStartsWith('SELECT ', $qb->getQuery()->getSQL());
    }

    /**
     * @dataProvider grids
     */
    public function testEveryColumnIsSelected(string $name): void
    {
        $grid = $this->getGrid($name);
        $selected = array_map(
            static fn (string $select) => preg_replace('/^.*(?:\.| as )(\w+)$/', '$1', $select),
            $grid['source']['query']['select']
        );

        self::assertSame([], array_diff(array_keys($grid['columns']), $selected));
        self::assertSame([], array_diff(array_keys($grid['sorters']['columns']), array_keys($grid['columns'])));
    }

    /**
     * @dataProvider grids
     */
    public function testEveryGridIsProtected(string $name): void
    {
        self::assertStringEndsWith('_view', $this->getGrid($name)['acl_resource']);
    }

    /**
     * @dataProvider grids
     */
    public function testNoGridOffersToDeleteOrEdit(string $name): void
    {
        self::assertSame([], array_diff(array_keys($this->getGrid($name)['actions'] ?? []), ['view']));

        $operations = Yaml::parseFile(dirname(__DIR__, 3) . '/Resources/config/oro/actions.yml')['operations'];
        foreach (['DELETE', 'UPDATE'] as $operation) {
            // the base grid is never shown by itself
            if ('zigzag-order-returns-base-grid' !== $name) {
                self::assertContains($name, $operations[$operation]['exclude_datagrids']);
            }
        }
    }

    public static function grids(): array
    {
        $names = array_keys(self::readGrids());

        return array_combine($names, array_map(static fn (string $name) => [$name], $names));
    }

    private function getGrid(string $name): array
    {
        $grids = self::readGrids();
        $grid = $grids[$name];
        if (isset($grid['extends'])) {
            $grid = array_replace_recursive($grids[$grid['extends']], $grid);
        }

        return $grid;
    }

    private static function readGrids(): array
    {
        return Yaml::parseFile(dirname(__DIR__, 3) . '/Resources/config/oro/datagrids.yml')['datagrids'];
    }
}
