<?php

namespace Zigzag\Bundle\OrderReturnBundle\Tests\Unit\Sidecar;

use Oro\Bundle\UIBundle\Tools\FlashMessageHelper;
use PHPUnit\Framework\TestCase;
use Psr\Log\LoggerInterface;
use Zigzag\Bundle\OrderReturnBundle\Alert\SidecarAlertManager;
use Zigzag\Bundle\OrderReturnBundle\Sidecar\SidecarException;
use Zigzag\Bundle\OrderReturnBundle\Sidecar\SidecarFailure;
use Zigzag\Bundle\OrderReturnBundle\Sidecar\SidecarReporter;

class SidecarReporterTest extends TestCase
{
    public function testSuccessResolvesTheAlert(): void
    {
        $alerts = $this->createMock(SidecarAlertManager::class);
        $alerts->expects(self::once())->method('resolve');
        $alerts->expects(self::never())->method('raise');

        $this->reporter('success', 'return_sync_started', ['%return%' => '1'], $alerts)
            ->reportSuccess('return_sync_started', ['%return%' => '1']);
    }

    /**
     * @dataProvider failures
     */
    public function testFailure(SidecarFailure $failure, bool $raisesAlert): void
    {
        $alerts = $this->createMock(SidecarAlertManager::class);
        $alerts->expects(self::never())->method('resolve');
        $alerts->expects($raisesAlert ? self::once() : self::never())->method('raise');

        $this->reporter('error', $failure->value, ['%detail%' => 'Because.'], $alerts)
            ->reportFailure(new SidecarException($failure, 'Because.'));
    }

    public static function failures(): array
    {
        return [
            [SidecarFailure::NotConfigured, false],
            [SidecarFailure::Unreachable, true],
            [SidecarFailure::KeyRefused, true],
            [SidecarFailure::OutOfOrder, true],
            [SidecarFailure::Unexpected, true],
        ];
    }

    private function reporter(
        string $type,
        string $message,
        array $parameters,
        SidecarAlertManager $alerts
    ): SidecarReporter {
        $flashMessages = $this->createMock(FlashMessageHelper::class);
        $flashMessages->expects(self::once())
            ->method('addFlashMessage')
            ->with($type, 'zigzag.orderreturn.sidecar.' . $message, $parameters);

        return new SidecarReporter($flashMessages, $alerts, $this->createMock(LoggerInterface::class));
    }
}
