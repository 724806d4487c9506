<?php

namespace Zigzag\Bundle\OrderReturnBundle\Tests\Functional\Api\RestJsonApi;

use Oro\Bundle\SecurityBundle\Acl\AccessLevel;
use Oro\Bundle\SecurityBundle\Test\Functional\RolePermissionExtension;
use Oro\Bundle\UserBundle\Entity\User;
use Symfony\Component\HttpFoundation\Response;
use Zigzag\Bundle\OrderReturnBundle\Entity\OrderReturn;
use Zigzag\Bundle\OrderReturnBundle\Entity\OrderReturnLineItem;

/**
 * @dbIsolationPerTest
 */
class OrderReturnTest extends OrderReturnApiTestCase
{
    use RolePermissionExtension;

    public function testUpsertCreatesAndThenUpdatesTheSameReturnAndLines(): void
    {
        $document = $this->returnDocument('ZZ-1', [['lineKey' => 'ZZ-1/1', 'requestedQuantity' => '1.5']]);

        $response = $this->post(['entity' => 'orderreturns'], $document);
        self::assertResponseStatusCodeEquals($response, Response::HTTP_CREATED);
        $id = $this->getResourceId($response);
        $this->assertResponseContains([
            'data' => ['type' => 'orderreturns', 'attributes' => ['externalId' => 'ZZ-1', 'revision' => 0]],
        ], $response);

        $response = $this->postAgain($document);
        self::assertSame($id, $this->getResourceId($response));
        $this->assertResponseContains(['data' => ['attributes' => ['revision' => 1]]], $response);
        self::assertSame(1, $this->countRows(OrderReturnLineItem::class));
    }

    public function testLineThatIsLeftOutIsDeleted(): void
    {
        $this->post(['entity' => 'orderreturns'], $this->returnDocument('ZZ-1', [
            ['lineKey' => 'ZZ-1/1'],
            ['lineKey' => 'ZZ-1/2'],
        ]));
        $this->postAgain($this->returnDocument('ZZ-1', [['lineKey' => 'ZZ-1/2']]));

        $lines = $this->getEntityManager()->getRepository(OrderReturnLineItem::class)->findAll();
        self::assertSame(['ZZ-1/2'], array_map(static fn (OrderReturnLineItem $line) => $line->getLineKey(), $lines));
    }

    public function testLineOfAnotherReturnIsRefused(): void
    {
        $this->post(['entity' => 'orderreturns'], $this->returnDocument('ZZ-1', [['lineKey' => 'ZZ-1/1']]));
        $this->getEntityManager()->clear();

        $response = $this->post(
            ['entity' => 'orderreturns'],
            $this->returnDocument('ZZ-2', [['lineKey' => 'ZZ-1/1']]),
            [],
            false
        );

        $this->assertResponseValidationError(
            [
                'title' => 'line key constraint',
                'detail' => 'The line key belongs to another return.',
                'source' => ['pointer' => '/included/0/attributes/lineKey'],
            ],
            $response,
            Response::HTTP_CONFLICT
        );
    }

    public function testStaleDocumentIsRefused(): void
    {
        $this->post(
            ['entity' => 'orderreturns'],
            $this->returnDocument('ZZ-1', [], ['sourceUpdatedAt' => '2026-11-23T10:05:00Z'])
        );
        $this->getEntityManager()->clear();

        $response = $this->post(
            ['entity' => 'orderreturns'],
            $this->returnDocument('ZZ-1', [], ['sourceUpdatedAt' => '2026-11-23T10:01:00Z']),
            [],
            false
        );

        $this->assertResponseValidationError(
            [
                'title' => 'stale document constraint',
                'detail' => 'A newer document was stored.',
                'source' => ['pointer' => '/data/attributes/sourceUpdatedAt'],
            ],
            $response,
            Response::HTTP_CONFLICT
        );
    }

    public function testBadValuesAreRefusedWithPointers(): void
    {
        $response = $this->post(
            ['entity' => 'orderreturns'],
            $this->returnDocument(
                'ZZ-1',
                [['lineKey' => 'ZZ-1/1', 'requestedQuantity' => '-1', 'receivedQuantity' => null]],
                ['status' => 'bogus']
            ),
            [],
            false
        );

        $this->assertResponseContainsValidationErrors(
            [
                ['title' => 'choice constraint', 'source' => ['pointer' => '/data/attributes/status']],
                [
                    'title' => 'positive or zero constraint',
                    'source' => ['pointer' => '/included/0/attributes/requestedQuantity'],
                ],
                [
                    'title' => 'not blank constraint',
                    'source' => ['pointer' => '/included/0/attributes/receivedQuantity'],
                ],
            ],
            $response
        );
        self::assertSame(0, $this->countRows(OrderReturn::class));
    }

    public function testFilters(): void
    {
        foreach (['ZZ-1', 'ZZ-2', 'ZZ-3'] as $externalId) {
            $this->post(['entity' => 'orderreturns'], $this->returnDocument($externalId));
        }

        $response = $this->cget(
            ['entity' => 'orderreturns'],
            ['filter' => ['externalId' => 'ZZ-1,ZZ-3', 'status' => 'received', 'order' => '@simple_order->id']]
        );

        $this->assertResponseContains([
            'data' => [['attributes' => ['externalId' => 'ZZ-1']], ['attributes' => ['externalId' => 'ZZ-3']]],
        ], $response);
    }

    public function testReturnCannotBeDeleted(): void
    {
        $id = $this->getResourceId(
            $this->post(['entity' => 'orderreturns'], $this->returnDocument('ZZ-1'))
        );

        $response = $this->delete(['entity' => 'orderreturns', 'id' => $id], [], [], false);

        self::assertMethodNotAllowedResponse($response, 'OPTIONS, GET, PATCH');
    }

    public function testNothingIsShownOrWrittenWithoutPermission(): void
    {
        foreach (['VIEW', 'CREATE', 'EDIT'] as $permission) {
            $this->updateRolePermission(
                User::ROLE_ADMINISTRATOR,
                OrderReturn::class,
                AccessLevel::NONE_LEVEL,
                $permission
            );
        }

        $response = $this->cget(['entity' => 'orderreturns'], [], [], false);
        self::assertResponseStatusCodeEquals($response, Response::HTTP_FORBIDDEN);

        $response = $this->post(['entity' => 'orderreturns'], $this->returnDocument('ZZ-1'), [], false);
        self::assertResponseStatusCodeEquals($response, Response::HTTP_FORBIDDEN);
    }

    public function testExternalIdIsUnique(): void
    {
        $document = $this->returnDocument('ZZ-1');
        $this->post(['entity' => 'orderreturns'], $document);
        $this->getEntityManager()->clear();

        unset($document['data']['meta']);
        $response = $this->post(['entity' => 'orderreturns'], $document, [], false);

        $this->assertResponseValidationError(
            ['title' => 'conflict constraint', 'detail' => 'The entity already exists.'],
            $response,
            Response::HTTP_CONFLICT
        );
    }
}
