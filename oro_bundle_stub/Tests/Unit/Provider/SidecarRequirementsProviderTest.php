<?php

namespace Zigzag\Bundle\OrderReturnBundle\Tests\Unit\Provider;

use Oro\Bundle\DistributionBundle\Handler\ApplicationState;
use PHPUnit\Framework\TestCase;
use Symfony\Requirements\RequirementCollection;
use Zigzag\Bundle\OrderReturnBundle\Provider\SidecarRequirementsProvider;
use Zigzag\Bundle\OrderReturnBundle\Sidecar\SidecarClient;
use Zigzag\Bundle\OrderReturnBundle\Sidecar\SidecarException;
use Zigzag\Bundle\OrderReturnBundle\Sidecar\SidecarFailure;
use Zigzag\Bundle\OrderReturnBundle\Sidecar\SidecarSettings;

class SidecarRequirementsProviderTest extends TestCase
{
    protected function setUp(): void
    {
        if (!property_exists(RequirementCollection::class, 'lines')) {
            self::markTestSkipped('Needs the stand-in of the requirement collection.');
        }
    }

    public function testHealthySidecar(): void
    {
        self::assertSame([true, true], $this->outcomes());
    }

    public function testSidecarThatIsDown(): void
    {
        self::assertSame(
            [true, false],
            $this->outcomes(problem: new SidecarException(SidecarFailure::Unreachable, 'Timeout.'))
        );
    }

    public function testSidecarThatIsNotConfigured(): void
    {
        self::assertSame([false], $this->outcomes(key: null));
        self::assertSame([false], $this->outcomes(url: null));
    }

    public function testNothingIsAskedBeforeTheInstallation(): void
    {
        self::assertNull($this->outcomes(isInstalled: false));
    }

    public function testNothingIsAskedWhenSwitchedOff(): void
    {
        self::assertNull($this->outcomes(isEnabled: false));
    }

    private function outcomes(
        bool $isInstalled = true,
        bool $isEnabled = true,
        ?string $url = 'https://sidecar.example',
        ?string $key = 'key-1',
        ?SidecarException $problem = null
    ): ?array {
        $applicationState = $this->createMock(ApplicationState::class);
        $applicationState->method('isInstalled')->willReturn($isInstalled);
        $settings = $this->createMock(SidecarSettings::class);
        $settings->expects($isInstalled ? self::once() : self::never())->method('isEnabled')->willReturn($isEnabled);
        $settings->method('getUrl')->willReturn($url);
        $settings->method('getApiKey')->willReturn($key);
        $client = $this->createMock(SidecarClient::class);
        if (null !== $problem) {
            $client->method('checkConnection')->willThrowException($problem);
        }

        $collection = (new SidecarRequirementsProvider($applicationState, $settings, $client))->getRecommendations();

        return null !== $collection ? array_column($collection->lines, 0) : null;
    }
}
