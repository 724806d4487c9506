<?php

namespace Zigzag\Bundle\OrderReturnBundle\Tests\Functional\Operation;

use Oro\Bundle\ActionBundle\Tests\Functional\ActionTestCase;
use Symfony\Component\HttpFoundation\Response;
use Zigzag\Bundle\OrderReturnBundle\Entity\OrderReturnCredit;
use Zigzag\Bundle\OrderReturnBundle\Tests\Functional\DataFixtures\LoadOrderReturns;

class IssueCreditTest extends ActionTestCase
{
    private const OPERATION = 'zigzag_order_return_credit_issue';
    private const GRID = ['datagrid' => 'zigzag-order-return-credits-grid', 'group' => ['datagridRowAction']];

    #[\Override]
    protected function setUp(): void
    {
        $this->initClient([], self::generateBasicAuthHeader());
        $this->loadFixtures([LoadOrderReturns::class]);
    }

    public function testDraftIsIssued(): void
    {
        $this->issue(LoadOrderReturns::DRAFT, Response::HTTP_OK);
    }

    public function testIssuedMemoIsNotIssuedAgain(): void
    {
        $this->issue(LoadOrderReturns::ISSUED, Response::HTTP_FORBIDDEN);
    }

    private function issue(string $reference, int $expectedCode): void
    {
        $id = $this->getReference($reference)->getId();
        $this->assertExecuteOperation(
            self::OPERATION,
            $id,
            OrderReturnCredit::class,
            self::GRID,
            ['HTTP_X_REQUESTED_WITH' => 'XMLHttpRequest'],
            $expectedCode
        );

        $em = self::getContainer()->get('doctrine')->getManagerForClass(OrderReturnCredit::class);
        $em->clear();
        self::assertSame(
            OrderReturnCredit::STATUS_ISSUED,
            $em->find(OrderReturnCredit::class, $id)->getStatus()
        );
    }
}
