<?php

namespace Zigzag\Bundle\OrderReturnBundle\Tests\Unit\Operation;

use Doctrine\ORM\EntityManagerInterface;
use Doctrine\Persistence\ManagerRegistry;
use Oro\Bundle\ActionBundle\Model\ActionData;
use Oro\Bundle\OrderBundle\Entity\Order;
use Oro\Bundle\UIBundle\Tools\FlashMessageHelper;
use PHPUnit\Framework\MockObject\MockObject;
use PHPUnit\Framework\TestCase;
use Zigzag\Bundle\OrderReturnBundle\Entity\OrderReturn;
use Zigzag\Bundle\OrderReturnBundle\Entity\OrderReturnCredit;
use Zigzag\Bundle\OrderReturnBundle\Operation\IssueCreditOperation;
use Zigzag\Bundle\OrderReturnBundle\Operation\SyncOrderOperation;
use Zigzag\Bundle\OrderReturnBundle\Operation\SyncReturnOperation;
use Zigzag\Bundle\OrderReturnBundle\Sidecar\SidecarClient;
use Zigzag\Bundle\OrderReturnBundle\Sidecar\SidecarException;
use Zigzag\Bundle\OrderReturnBundle\Sidecar\SidecarFailure;
use Zigzag\Bundle\OrderReturnBundle\Sidecar\SidecarReporter;

class OperationsTest extends TestCase
{
    private SidecarClient&MockObject $client;
    private SidecarReporter&MockObject $reporter;

    protected function setUp(): void
    {
        $this->client = $this->createMock(SidecarClient::class);
        $this->reporter = $this->createMock(SidecarReporter::class);
    }

    public function testSyncReturn(): void
    {
        $this->client->expects(self::once())->method('syncReturn')->with('ZZ-1');
        $this->reporter->expects(self::once())
            ->method('reportSuccess')
            ->with('return_sync_started', ['%return%' => 'ZZ-1']);

        $this->syncReturn((new OrderReturn())->setExternalId('ZZ-1'));
    }

    public function testSyncReturnFails(): void
    {
        $failure = new SidecarException(SidecarFailure::Unreachable, 'Timeout.');
        $this->client->method('syncReturn')->willThrowException($failure);
        $this->reporter->expects(self::once())->method('reportFailure')->with($failure);
        $this->reporter->expects(self::never())->method('reportSuccess');

        $this->syncReturn((new OrderReturn())->setExternalId('ZZ-1'));
    }

    public function testSyncReturnOfSomethingElse(): void
    {
        $this->expectException(\InvalidArgumentException::class);

        $this->syncReturn(new \stdClass());
    }

    /**
     * @dataProvider answersForOrder
     */
    public function testSyncOrder(array $returnIds, array $expectedReport): void
    {
        $this->client->expects(self::once())->method('syncOrder')->with('SO-1')->willReturn($returnIds);
        $this->reporter->expects(self::once())->method('reportSuccess')->with(...$expectedReport);

        $this->syncOrder((new Order())->setIdentifier('SO-1'));
    }

    public static function answersForOrder(): array
    {
        return [
            'two returns' => [['1', '2'], ['order_sync_started', ['%returns%' => '1, 2']]],
            'none known' => [[], ['order_without_returns', ['%order%' => 'SO-1'], 'info']],
        ];
    }

    public function testSyncOrderFails(): void
    {
        $failure = new SidecarException(SidecarFailure::KeyRefused, 'HTTP 401.');
        $this->client->method('syncOrder')->willThrowException($failure);
        $this->reporter->expects(self::once())->method('reportFailure')->with($failure);

        $this->syncOrder((new Order())->setIdentifier('SO-1'));
    }

    public function testDraftIsIssued(): void
    {
        $credit = (new OrderReturnCredit())->setPostingKey('K:1')->setStatus(OrderReturnCredit::STATUS_DRAFT);
        $operation = $this->issueCreditOperation(1);

        self::assertTrue($operation->isPreConditionAllowed(new ActionData(['data' => $credit])));
        $operation->execute(new ActionData(['data' => $credit]));
        self::assertSame('issued', $credit->getStatus());
    }

    public function testIssuedCreditIsLeftAlone(): void
    {
        $credit = (new OrderReturnCredit())->setPostingKey('K:1');
        $operation = $this->issueCreditOperation(0);

        self::assertFalse($operation->isPreConditionAllowed(new ActionData(['data' => $credit])));
        $operation->execute(new ActionData(['data' => $credit]));
    }

    private function syncReturn(object $entity): void
    {
        (new SyncReturnOperation($this->client, $this->reporter))->execute(new ActionData(['data' => $entity]));
    }

    private function syncOrder(object $entity): void
    {
        (new SyncOrderOperation($this->client, $this->reporter))->execute(new ActionData(['data' => $entity]));
    }

    private function issueCreditOperation(int $expectedFlushes): IssueCreditOperation
    {
        $em = $this->createMock(EntityManagerInterface::class);
        $em->expects(self::exactly($expectedFlushes))->method('flush');
        $doctrine = $this->createMock(ManagerRegistry::class);
        $doctrine->method('getManagerForClass')->willReturn($em);
        $flashMessages = $this->createMock(FlashMessageHelper::class);
        $flashMessages->expects(self::exactly($expectedFlushes))->method('addFlashMessage');

        return new IssueCreditOperation($doctrine, $flashMessages);
    }
}
