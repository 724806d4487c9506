<?php

namespace Zigzag\Bundle\OrderReturnBundle\Tests\Unit\Sidecar;

use Oro\Bundle\ConfigBundle\Config\ConfigManager;
use Oro\Bundle\SecurityBundle\Encoder\SymmetricCrypterInterface;
use PHPUnit\Framework\TestCase;
use Zigzag\Bundle\OrderReturnBundle\Sidecar\SidecarSettings;

class SidecarSettingsTest extends TestCase
{
    /**
     * @dataProvider urls
     */
    public function testUrl(?string $configured, ?string $url, ?string $deskUrl): void
    {
        $settings = $this->settings(['zigzag_order_return.sidecar_url' => $configured]);

        self::assertSame([$url, $deskUrl], [$settings->getUrl(), $settings->getDeskUrl('ZZ/1')]);
    }

    public static function urls(): array
    {
        return [
            'plain' => ['https://s.example', 'https://s.example', 'https://s.example/desk/returns/ZZ%2F1'],
            'slash' => [' https://s.example/ ', 'https://s.example', 'https://s.example/desk/returns/ZZ%2F1'],
            'path' => ['https://s.example/a/', 'https://s.example/a', 'https://s.example/a/desk/returns/ZZ%2F1'],
            'missing' => [null, null, null],
            'blank' => ['  ', null, null],
        ];
    }

    public function testKeyIsDecrypted(): void
    {
        self::assertSame('secret', $this->settings(['zigzag_order_return.api_key' => 'terces'])->getApiKey());
    }

    public function testMissingKey(): void
    {
        self::assertNull($this->settings([])->getApiKey());
        self::assertNull($this->settings(['zigzag_order_return.api_key' => ''])->getApiKey());
    }

    public function testSwitch(): void
    {
        self::assertTrue($this->settings(['zigzag_order_return.enabled' => true])->isEnabled());
        self::assertFalse($this->settings(['zigzag_order_return.enabled' => false])->isEnabled());
    }

    private function settings(array $options): SidecarSettings
    {
        $configManager = $this->createMock(ConfigManager::class);
        $configManager->method('get')->willReturnCallback(static fn (string $name) => $options[$name] ?? null);
        $crypter = $this->createMock(SymmetricCrypterInterface::class);
        $crypter->method('decryptData')->willReturnCallback('strrev');

        return new SidecarSettings($configManager, $crypter);
    }
}
