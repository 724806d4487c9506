<?php

namespace Zigzag\Bundle\OrderReturnBundle\Tests\Functional\Api\RestJsonApi;

use Oro\Bundle\ApiBundle\Tests\Functional\RestJsonApiTestCase;
use Oro\Bundle\InventoryBundle\Entity\InventoryLevel;
use Oro\Bundle\InventoryBundle\Tests\Functional\DataFixtures\UpdateInventoryLevelsQuantities;
use Oro\Bundle\OrderBundle\Tests\Functional\DataFixtures\LoadOrders;
use Symfony\Component\HttpFoundation\Response;

/**
 * Builds the documents that the returns sidecar sends.
 */
abstract class OrderReturnApiTestCase extends RestJsonApiTestCase
{
    protected const LEVEL = 'inventory_level.product_unit_precision.product-1.liter';
    protected const OTHER_LEVEL = 'inventory_level.product_unit_precision.product-1.bottle';

    #[\Override]
    protected function setUp(): void
    {
        parent::setUp();
        $this->loadFixtures([LoadOrders::class, UpdateInventoryLevelsQuantities::class]);
    }

    protected function returnDocument(string $externalId, array $lines = [], array $attributes = []): array
    {
        $document = [
            'data' => [
                'type' => 'orderreturns',
                'id' => 'return',
                'meta' => ['upsert' => ['externalId']],
                'attributes' => array_merge(['externalId' => $externalId, 'status' => 'received'], $attributes),
                'relationships' => [
                    'order' => ['data' => ['type' => 'orders', 'id' => '<toString(@simple_order->id)>']],
                    'lineItems' => ['data' => []],
                ],
            ],
        ];
        foreach (array_values($lines) as $i => $lineAttributes) {
            $id = ['type' => 'orderreturnlineitems', 'id' => 'line' . $i];
            $document['data']['relationships']['lineItems']['data'][] = $id;
            $document['included'][] = $id + [
                'meta' => ['upsert' => ['lineKey']],
                'attributes' => $lineAttributes,
            ];
        }

        return $document;
    }

    /**
     * Everything in one request: the credit memo, its lines, the return with its lines and the stock movements.
     */
    protected function creditDocument(string $postingKey, array $returnDocument, array $movements = []): array
    {
        $returnId = ['type' => 'orderreturns', 'id' => 'return'];
        $document = [
            'data' => [
                'type' => 'orderreturncredits',
                'attributes' => [
                    'postingKey' => $postingKey,
                    'currency' => 'USD',
                    'netValue' => '100.00',
                    'taxValue' => '20.00',
                    'totalValue' => '120.00',
                    'digest' => 'd1',
                ],
                'relationships' => [
                    'orderReturn' => ['data' => $returnId],
                    'lines' => ['data' => [['type' => 'orderreturncreditlines', 'id' => 'credit_line']]],
                    'stockMovements' => ['data' => []],
                ],
            ],
            'included' => array_merge([$returnDocument['data']], $returnDocument['included'] ?? [], [
                [
                    'type' => 'orderreturncreditlines',
                    'id' => 'credit_line',
                    'attributes' => [
                        'productSku' => 'product-1',
                        'quantity' => '1',
                        'netValue' => '100.00',
                        'taxValue' => '20.00',
                        'value' => '120.00',
                    ],
                ],
            ]),
        ];
        foreach (array_values($movements) as $i => [$level, $quantity]) {
            $id = ['type' => 'orderreturnstockmovements', 'id' => 'movement' . $i];
            $document['data']['relationships']['stockMovements']['data'][] = $id;
            $document['included'][] = $this->movement($id['id'], $postingKey . '/' . ($i + 1), $level, $quantity);
        }

        return $document;
    }

    protected function movement(string $id, string $postingKey, string $level, ?string $quantity): array
    {
        return [
            'type' => 'orderreturnstockmovements',
            'id' => $id,
            'attributes' => ['postingKey' => $postingKey, 'quantity' => $quantity],
            'relationships' => [
                'orderReturn' => ['data' => ['type' => 'orderreturns', 'id' => 'return']],
                'inventoryLevel' => [
                    'data' => ['type' => 'inventorylevels', 'id' => sprintf('<toString(@%s->id)>', $level)],
                ],
            ],
        ];
    }

    /**
     * Sends a document of a return that is stored already; "post" expects something new.
     */
    protected function postAgain(array $document): Response
    {
        $response = $this->post(['entity' => 'orderreturns'], $document, [], false);
        self::assertResponseStatusCodeEquals($response, Response::HTTP_OK);

        return $response;
    }

    protected function getQuantity(string $level): float
    {
        $this->getEntityManager()->clear();

        return (float)$this->getEntityManager()
            ->find(InventoryLevel::class, $this->getReference($level)->getId())
            ->getQuantity();
    }

    protected function countRows(string $entityClass): int
    {
        return $this->getEntityManager()->getRepository($entityClass)->count([]);
    }
}
