<?php

namespace Zigzag\Bundle\OrderReturnBundle\Datagrid;

use Doctrine\ORM\QueryBuilder;
use Oro\Bundle\DataGridBundle\Datagrid\Common\DatagridConfiguration;
use Oro\Bundle\DataGridBundle\Datagrid\Common\MetadataObject;
use Oro\Bundle\DataGridBundle\Datagrid\Common\ResultsObject;
use Oro\Bundle\DataGridBundle\Datasource\DatasourceInterface;
use Oro\Bundle\DataGridBundle\Extension\AbstractExtension;
use Oro\Bundle\DataGridBundle\Provider\DatagridModeProvider;
use Oro\Bundle\LocaleBundle\Formatter\NumberFormatter;
use Oro\Bundle\SecurityBundle\ORM\Walker\AclHelper;
use Oro\Component\DoctrineUtils\ORM\QueryBuilderUtil;
use Symfony\Contracts\Translation\TranslatorInterface;

/**
 * Adds rows of totals below a grid. They follow the filters of the grid and the rights of the user.
 *
 * The totals that Oro offers itself read the ids of all rows and send each of them back as a parameter,
 * of which PostgreSQL takes 65,535; and they know no groups, so they would add up different currencies.
 */
abstract class AbstractTotalsExtension extends AbstractExtension
{
    protected $excludedModes = [DatagridModeProvider::DATAGRID_IMPORTEXPORT_MODE];

    private ?QueryBuilder $queryBuilder = null;

    public function __construct(
        private readonly AclHelper $aclHelper,
        protected readonly NumberFormatter $numberFormatter,
        protected readonly TranslatorInterface $translator
    ) {
    }

    #[\Override]
    public function isApplicable(DatagridConfiguration $config): bool
    {
        return $config->getName() === $this->getDatagridName() && parent::isApplicable($config);
    }

    #[\Override]
    public function getPriority(): int
    {
        // after the filters
        return -PHP_INT_MAX;
    }

    #[\Override]
    public function visitDatasource(DatagridConfiguration $config, DatasourceInterface $datasource): void
    {
        $this->queryBuilder = clone $datasource->getQueryBuilder();
    }

    #[\Override]
    public function visitMetadata(DatagridConfiguration $config, MetadataObject $data): void
    {
        // the page makes a row below the grid for each name that it finds here, and fills it from the result
        $rows = array_fill_keys($this->getRowNames(), ['columns' => []]);
        $data
            ->offsetAddToArray('initialState', ['totals' => $rows])
            ->offsetAddToArray('state', ['totals' => $rows])
            ->offsetAddToArray(MetadataObject::REQUIRED_MODULES_KEY, ['orodatagrid/js/totals-builder']);
    }

    #[\Override]
    public function visitResult(DatagridConfiguration $config, ResultsObject $result): void
    {
        $rows = array_map(static fn (array $columns) => ['columns' => $columns], $this->getRows());
        $result->offsetAddToArray('options', ['totals' => $rows]);
    }

    abstract protected function getDatagridName(): string;

    /**
     * @return string[]
     */
    abstract protected function getRowNames(): array;

    /**
     * @return array [row name => [column name => ['label' => string, 'total' => string], ...], ...]
     */
    abstract protected function getRows(): array;

    /**
     * Selects something over all rows that the filters let through.
     *
     * @param string[] $select
     * @param string[] $groupBy
     */
    protected function select(array $select, array $groupBy = []): array
    {
        $queryBuilder = clone $this->queryBuilder;
        $queryBuilder
            ->resetDQLParts(['groupBy', 'having', 'orderBy'])
            ->select($select)
            ->setFirstResult(null)
            ->setMaxResults(null);
        foreach ($groupBy as $field) {
            $queryBuilder->addGroupBy($field);
        }
        QueryBuilderUtil::removeUnusedParameters($queryBuilder);

        return $this->fetch($queryBuilder);
    }

    protected function fetch(QueryBuilder $queryBuilder): array
    {
        return $this->aclHelper->apply($queryBuilder)->getArrayResult();
    }
}
