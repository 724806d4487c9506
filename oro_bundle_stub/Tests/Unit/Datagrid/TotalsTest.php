<?php

namespace Zigzag\Bundle\OrderReturnBundle\Tests\Unit\Datagrid;

use Doctrine\ORM\QueryBuilder;
use Oro\Bundle\DataGridBundle\Datagrid\Common\DatagridConfiguration;
use Oro\Bundle\DataGridBundle\Datagrid\Common\MetadataObject;
use Oro\Bundle\DataGridBundle\Datagrid\Common\ResultsObject;
use Oro\Bundle\DataGridBundle\Datasource\DatasourceInterface;
use Oro\Bundle\LocaleBundle\Formatter\NumberFormatter;
use Oro\Bundle\SecurityBundle\ORM\Walker\AclHelper;
use Symfony\Component\Yaml\Yaml;
use Symfony\Contracts\Translation\TranslatorInterface;
use Zigzag\Bundle\OrderReturnBundle\Datagrid\AbstractTotalsExtension;
use Zigzag\Bundle\OrderReturnBundle\Datagrid\CreditTotalsExtension;
use Zigzag\Bundle\OrderReturnBundle\Datagrid\ReturnTotalsExtension;
use Zigzag\Bundle\OrderReturnBundle\Entity\OrderReturn;
use Zigzag\Bundle\OrderReturnBundle\Entity\OrderReturnCredit;
use Zigzag\Bundle\OrderReturnBundle\Tests\Unit\DatabaseTestCase;

class TotalsTest extends DatabaseTestCase
{
    private const RETURNS = 'zigzag-order-returns-grid';
    private const CREDITS = 'zigzag-order-return-credits-grid';

    protected function setUp(): void
    {
        parent::setUp();
        $first = $this->newReturn('ZZ-1')->setReviewReason('sku_inactive');
        $second = $this->newReturn('ZZ-2');
        $this->store(
            $first,
            $second,
            $this->newReturn('ZZ-3')->setStatus('closed'),
            $this->newCredit($first, 'K:1'),
            $this->newCredit($second, 'K:2')->setNetValue('0.10')->setTaxValue('0.05')->setTotalValue('0.15'),
            $this->newCredit($second, 'K:3')->setStatus('draft'),
            $this->newCredit($second, 'K:4')->setCurrency('EUR')
        );
    }

    public function testReturnsAreCounted(): void
    {
        $rows = $this->getRows($this->returnTotals(), $this->returnsQuery());

        self::assertSame(['3', '1'], [
            $rows['total']['columns']['externalId']['total'],
            $rows['total']['columns']['reviewReason']['total'],
        ]);
    }

    public function testTotalsFollowTheFiltersAndNotThePage(): void
    {
        $query = $this->returnsQuery()
            ->andWhere('orderReturn.status = :status')
            ->setParameter('status', 'requested')
            ->orderBy('orderReturn.updatedAt')
            ->setFirstResult(1)
            ->setMaxResults(1);

        self::assertSame('2', $this->getRows($this->returnTotals(), $query)['total']['columns']['externalId']['total']);
    }

    public function testCurrenciesAndDraftsAreKeptApart(): void
    {
        self::assertSame(
            [
                'EUR_issued' => ['1', 'EUR', 'EUR 100.00', 'EUR 20.00', 'EUR 120.00'],
                'GBP_issued' => ['2', 'GBP', 'GBP 100.10', 'GBP 20.05', 'GBP 120.15'],
                'GBP_draft' => ['1', 'GBP', 'GBP 100.00', 'GBP 20.00', 'GBP 120.00'],
            ],
            $this->getAmounts($this->creditsQuery())
        );
    }

    public function testCurrencyThatIsFilteredAwayIsZero(): void
    {
        $query = $this->creditsQuery()->andWhere('orderReturn.externalId = :id')->setParameter('id', 'ZZ-1');

        $amounts = $this->getAmounts($query);
        self::assertSame(['0', 'EUR', 'EUR 0.00', 'EUR 0.00', 'EUR 0.00'], $amounts['EUR_issued']);
        self::assertSame(['1', 'GBP', 'GBP 100.00', 'GBP 20.00', 'GBP 120.00'], $amounts['GBP_issued']);
    }

    public function testPageIsToldOfAllRows(): void
    {
        $metadata = new MetadataObject();
        $this->creditTotals()->visitMetadata(new DatagridConfiguration(self::CREDITS), $metadata);

        self::assertSame(
            ['EUR_issued', 'GBP_issued', 'GBP_draft'],
            array_keys($metadata->data['state']['totals'])
        );
    }

    public function testNothingToSumUp(): void
    {
        $this->em->createQuery('DELETE FROM ' . OrderReturnCredit::class)->execute();

        self::assertSame([], $this->getAmounts($this->creditsQuery()));
    }

    public function testOtherGridsAreLeftAlone(): void
    {
        self::assertSame([true, false, false, true], [
            $this->returnTotals()->isApplicable(new DatagridConfiguration(self::RETURNS)),
            $this->returnTotals()->isApplicable(new DatagridConfiguration(self::CREDITS)),
            $this->creditTotals()->isApplicable(new DatagridConfiguration(self::RETURNS)),
            $this->creditTotals()->isApplicable(new DatagridConfiguration(self::CREDITS)),
        ]);
    }

    public function testEveryTotalHasItsColumn(): void
    {
        $grids = Yaml::parseFile(dirname(__DIR__, 3) . '/Resources/config/oro/datagrids.yml')['datagrids'];

        $returns = $this->getRows($this->returnTotals(), $this->returnsQuery())['total']['columns'];
        $credits = $this->getRows($this->creditTotals(), $this->creditsQuery())['GBP_issued']['columns'];
        self::assertSame([], array_diff_key($returns, $grids['zigzag-order-returns-base-grid']['columns']));
        self::assertSame([], array_diff_key($credits, $grids[self::CREDITS]['columns']));
    }

    private function getAmounts(QueryBuilder $query): array
    {
        return array_map(
            static fn (array $row) => [
                $row['columns']['postingKey']['total'],
                $row['columns']['currency']['label'],
                $row['columns']['netValue']['total'],
                $row['columns']['taxValue']['total'],
                $row['columns']['totalValue']['total'],
            ],
            $this->getRows($this->creditTotals(), $query)
        );
    }

    private function getRows(AbstractTotalsExtension $extension, QueryBuilder $query): array
    {
        $config = new DatagridConfiguration('any');
        $datasource = new class ($query) implements DatasourceInterface {
            public function __construct(private readonly QueryBuilder $query)
            {
            }

            public function getQueryBuilder(): QueryBuilder
            {
                return $this->query;
            }
        };
        $result = new ResultsObject();
        $extension->visitDatasource($config, $datasource);
        $extension->visitResult($config, $result);

        return $result->data['options']['totals'];
    }

    private function returnsQuery(): QueryBuilder
    {
        return $this->em->createQueryBuilder()
            ->select('orderReturn.id', 'orderReturn.externalId')
            ->from(OrderReturn::class, 'orderReturn');
    }

    private function creditsQuery(): QueryBuilder
    {
        return $this->em->createQueryBuilder()
            ->select('credit.id', 'orderReturn.externalId')
            ->from(OrderReturnCredit::class, 'credit')
            ->innerJoin('credit.orderReturn', 'orderReturn');
    }

    private function returnTotals(): ReturnTotalsExtension
    {
        return new ReturnTotalsExtension(new AclHelper(), new NumberFormatter(), $this->translator());
    }

    private function creditTotals(): CreditTotalsExtension
    {
        return new CreditTotalsExtension(new AclHelper(), new NumberFormatter(), $this->translator(), $this->doctrine);
    }

    private function translator(): TranslatorInterface
    {
        $translator = $this->createMock(TranslatorInterface::class);
        $translator->method('trans')->willReturnArgument(0);

        return $translator;
    }
}
