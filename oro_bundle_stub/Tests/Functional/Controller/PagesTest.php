<?php

namespace Zigzag\Bundle\OrderReturnBundle\Tests\Functional\Controller;

use Oro\Bundle\OrderBundle\Tests\Functional\DataFixtures\LoadOrders;
use Oro\Bundle\TestFrameworkBundle\Test\WebTestCase;
use Symfony\Component\DomCrawler\Crawler;
use Symfony\Component\HttpFoundation\Response;
use Zigzag\Bundle\OrderReturnBundle\Tests\Functional\DataFixtures\LoadOrderReturns;

class PagesTest extends WebTestCase
{
    #[\Override]
    protected function setUp(): void
    {
        $this->initClient([], self::generateBasicAuthHeader());
        $this->client->useHashNavigation(true);
        $this->loadFixtures([LoadOrderReturns::class]);
    }

    public function testReturns(): void
    {
        $crawler = $this->open('zigzag_order_return_index');

        self::assertStringContainsString('zigzag-order-returns-grid', $crawler->html());
    }

    public function testReturn(): void
    {
        $html = $this->open('zigzag_order_return_view', LoadOrderReturns::ORDER_RETURN)->html();

        foreach (['ZZ-1001', 'GLOVE', 'sku_inactive', 'GL:ZZ-1001:1', '$120.00', 'Sync Return'] as $text) {
            self::assertStringContainsString($text, $html);
        }
        self::assertStringNotContainsString('Delete', $html);
    }

    public function testReturnsOfOrder(): void
    {
        $html = $this->open('oro_order_view', LoadOrders::ORDER_1)->html();

        self::assertStringContainsString('zigzag-order-returns-of-order-grid', $html);
        self::assertStringContainsString('Sync Returns', $html);
    }

    public function testCreditMemos(): void
    {
        $html = $this->open('zigzag_order_return_credit_index')->html();

        self::assertStringContainsString('zigzag-order-return-credits-grid', $html);
        self::assertStringContainsString('GL:ZZ-1001:1', $html);
    }

    public function testConfiguration(): void
    {
        $crawler = $this->client->request('GET', $this->getUrl('oro_config_configuration_system', [
            'activeGroup' => 'commerce',
            'activeSubGroup' => 'zigzag_order_return_settings',
        ]));

        self::assertHtmlResponseStatusCodeEquals($this->client->getResponse(), Response::HTTP_OK);
        self::assertStringContainsString($this->getUrl('zigzag_order_return_test_connection'), $crawler->html());
    }

    public function testGridOfReturnsAndItsTotals(): void
    {
        $result = $this->requestGrid('zigzag-order-returns-grid');

        self::assertSame(['ZZ-1001'], array_column($result['data'], 'externalId'));
        $columns = $result['options']['totals']['total']['columns'];
        self::assertSame(['1', '1'], [$columns['externalId']['total'], $columns['reviewReason']['total']]);
    }

    public function testGridOfReturnsOfOrder(): void
    {
        $grid = 'zigzag-order-returns-of-order-grid';
        foreach ([LoadOrders::ORDER_1 => ['ZZ-1001'], LoadOrders::ORDER_2 => []] as $order => $expected) {
            $result = $this->requestGrid($grid, [$grid . '[order_id]' => $this->getReference($order)->getId()]);

            self::assertSame($expected, array_column($result['data'], 'externalId'));
        }
    }

    public function testGridOfCreditMemosAndItsTotals(): void
    {
        $grid = 'zigzag-order-return-credits-grid';

        $result = $this->requestGrid($grid, [$grid . '[_filter][status][value][]' => 'draft']);

        self::assertEqualsCanonicalizing(
            ['GL:ZZ-1001:2', 'GL:ZZ-1001:3'],
            array_column($result['data'], 'postingKey')
        );
        self::assertSame(
            ['EUR_draft' => '€120.00', 'USD_issued' => '$0.00', 'USD_draft' => '$120.00'],
            array_map(
                static fn (array $row) => $row['columns']['totalValue']['total'],
                $result['options']['totals']
            )
        );
    }

    private function open(string $route, ?string $reference = null): Crawler
    {
        $parameters = null !== $reference ? ['id' => $this->getReference($reference)->getId()] : [];
        $crawler = $this->client->request('GET', $this->getUrl($route, $parameters));

        self::assertHtmlResponseStatusCodeEquals($this->client->getResponse(), Response::HTTP_OK);

        return $crawler;
    }

    private function requestGrid(string $grid, array $parameters = []): array
    {
        $response = $this->client->requestGrid(['gridName' => $grid] + $parameters, [], true);

        return self::getJsonResponseContent($response, Response::HTTP_OK);
    }
}
