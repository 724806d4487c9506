<?php

namespace Zigzag\Bundle\OrderReturnBundle\Tests\Functional\Api\RestJsonApi;

use Symfony\Component\HttpFoundation\Response;
use Zigzag\Bundle\OrderReturnBundle\Entity\OrderReturn;
use Zigzag\Bundle\OrderReturnBundle\Entity\OrderReturnCredit;
use Zigzag\Bundle\OrderReturnBundle\Entity\OrderReturnCreditLine;
use Zigzag\Bundle\OrderReturnBundle\Entity\OrderReturnStockMovement;

/**
 * @dbIsolationPerTest
 */
class OrderReturnCreditTest extends OrderReturnApiTestCase
{
    public function testEverythingInOneRequest(): void
    {
        $before = [$this->getQuantity(self::LEVEL), $this->getQuantity(self::OTHER_LEVEL)];

        $response = $this->post(
            ['entity' => 'orderreturncredits'],
            $this->creditDocument(
                'GL:ZZ-1:1',
                $this->returnDocument('ZZ-1', [['lineKey' => 'ZZ-1/1', 'acceptedQuantity' => '1']]),
                [[self::LEVEL, '1'], [self::OTHER_LEVEL, '2']]
            )
        );

        $this->assertResponseContains([
            'data' => [
                'type' => 'orderreturncredits',
                'attributes' => [
                    'postingKey' => 'GL:ZZ-1:1',
                    'netValue' => '100.0000',
                    'taxValue' => '20.0000',
                    'totalValue' => '120.0000',
                    'status' => 'issued',
                ],
            ],
        ], $response);
        self::assertSame(
            [$before[0] + 1, $before[1] + 2],
            [$this->getQuantity(self::LEVEL), $this->getQuantity(self::OTHER_LEVEL)]
        );
    }

    public function testRefusalLeavesNothingBehind(): void
    {
        $before = $this->getQuantity(self::LEVEL);

        $response = $this->post(
            ['entity' => 'orderreturncredits'],
            $this->creditDocument(
                'GL:ZZ-1:1',
                $this->returnDocument('ZZ-1'),
                [[self::LEVEL, '1'], [self::OTHER_LEVEL, '-100000']]
            ),
            [],
            false
        );

        $this->assertResponseValidationError(
            [
                'title' => 'inventory level constraint',
                'detail' => 'The inventory level cannot go below zero.',
                'source' => ['pointer' => '/included/3/attributes/quantity'],
            ],
            $response
        );
        self::assertSame($before, $this->getQuantity(self::LEVEL));
        self::assertSame([0, 0, 0, 0], [
            $this->countRows(OrderReturn::class),
            $this->countRows(OrderReturnCredit::class),
            $this->countRows(OrderReturnCreditLine::class),
            $this->countRows(OrderReturnStockMovement::class),
        ]);
    }

    public function testStockAlone(): void
    {
        $before = $this->getQuantity(self::LEVEL);
        $document = $this->returnDocument('ZZ-1');
        unset($document['data']['relationships']['lineItems']);
        $document['included'] = [$this->movement('movement', 'GL:ZZ-1:1/1', self::LEVEL, '3')];

        $this->post(['entity' => 'orderreturns'], $document);

        self::assertSame($before + 3, $this->getQuantity(self::LEVEL));
        $response = $this->cget(
            ['entity' => 'orderreturnstockmovements'],
            ['filter' => ['postingKey' => 'GL:ZZ-1:1/1,GL:ZZ-1:2/1']]
        );
        $this->assertResponseContains(['data' => [['attributes' => ['quantity' => '3']]]], $response);
    }

    public function testAmountsThatDoNotAddUpAreRefused(): void
    {
        $document = $this->creditDocument('GL:ZZ-1:1', $this->returnDocument('ZZ-1'));
        $document['data']['attributes']['totalValue'] = '119.99';

        $response = $this->post(['entity' => 'orderreturncredits'], $document, [], false);

        $this->assertResponseValidationError(
            ['title' => 'balanced credit constraint', 'source' => ['pointer' => '/data/attributes/totalValue']],
            $response
        );
    }

    /**
     * @dataProvider badAmounts
     */
    public function testBadAmountIsRefused(?string $amount, string $title): void
    {
        $document = $this->creditDocument('GL:ZZ-1:1', $this->returnDocument('ZZ-1'));
        $document['data']['attributes']['taxValue'] = $amount;

        $response = $this->post(['entity' => 'orderreturncredits'], $document, [], false);

        $this->assertResponseContainsValidationError(
            ['title' => $title, 'source' => ['pointer' => '/data/attributes/taxValue']],
            $response
        );
    }

    public static function badAmounts(): array
    {
        return [
            'null' => [null, 'not blank constraint'],
            'five decimals' => ['0.00015', 'regex constraint'],
            'too big' => ['1000000000000000000', 'regex constraint'],
            'not a number' => ['free', 'form constraint'],
        ];
    }

    public function testCreditCannotBeChangedOrDeleted(): void
    {
        $id = $this->postCredit();

        $response = $this->patch(
            ['entity' => 'orderreturncredits', 'id' => $id],
            ['data' => ['type' => 'orderreturncredits', 'id' => $id, 'attributes' => ['status' => 'draft']]],
            [],
            false
        );
        self::assertMethodNotAllowedResponse($response, 'OPTIONS, GET');

        $response = $this->delete(['entity' => 'orderreturncredits', 'id' => $id], [], [], false);
        self::assertMethodNotAllowedResponse($response, 'OPTIONS, GET');
    }

    public function testLineCannotBeAddedLater(): void
    {
        $id = $this->postCredit();

        $response = $this->post(
            ['entity' => 'orderreturncreditlines'],
            [
                'data' => [
                    'type' => 'orderreturncreditlines',
                    'attributes' => ['quantity' => '1', 'netValue' => '1', 'taxValue' => '0', 'value' => '1'],
                    'relationships' => ['credit' => ['data' => ['type' => 'orderreturncredits', 'id' => $id]]],
                ],
            ],
            [],
            false
        );

        $this->assertResponseValidationError(
            [
                'title' => 'immutable posting constraint',
                'source' => ['pointer' => '/data/relationships/credit/data'],
            ],
            $response
        );
        self::assertSame(1, $this->countRows(OrderReturnCreditLine::class));
    }

    public function testSamePostingKeyAgain(): void
    {
        $this->postCredit();

        $response = $this->post(
            ['entity' => 'orderreturncredits'],
            $this->creditDocument('GL:ZZ-1:1', $this->returnDocument('ZZ-1')),
            [],
            false
        );

        $this->assertResponseValidationError(
            ['title' => 'conflict constraint', 'detail' => 'The entity already exists.'],
            $response,
            Response::HTTP_CONFLICT
        );
    }

    private function postCredit(): string
    {
        $id = $this->getResourceId($this->post(
            ['entity' => 'orderreturncredits'],
            $this->creditDocument('GL:ZZ-1:1', $this->returnDocument('ZZ-1'))
        ));
        $this->getEntityManager()->clear();

        return $id;
    }
}
