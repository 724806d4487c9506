<?php

namespace Zigzag\Bundle\OrderReturnBundle\Tests\Unit\Sidecar;

use PHPUnit\Framework\TestCase;
use Symfony\Component\HttpClient\Exception\TransportException;
use Symfony\Component\HttpClient\MockHttpClient;
use Symfony\Component\HttpClient\Response\MockResponse;
use Zigzag\Bundle\OrderReturnBundle\Sidecar\SidecarClient;
use Zigzag\Bundle\OrderReturnBundle\Sidecar\SidecarException;
use Zigzag\Bundle\OrderReturnBundle\Sidecar\SidecarFailure;
use Zigzag\Bundle\OrderReturnBundle\Sidecar\SidecarSettings;

class SidecarClientTest extends TestCase
{
    private array $requests = [];

    public function testSyncReturn(): void
    {
        $this->client([[202, '{"return_id": "ZZ/1", "request_id": "r1"}']])->syncReturn('ZZ/1');

        [[$method, $url, $options]] = $this->requests;
        self::assertSame(['POST', 'https://sidecar.example/v1/returns/ZZ%2F1/sync'], [$method, $url]);
        self::assertContains('Authorization: Bearer key-1', $options['headers']);
        self::assertContains('Accept: application/json', $options['headers']);
    }

    public function testGivesUpSoonAndFollowsNoRedirect(): void
    {
        $this->client([[202, '{}']])->syncReturn('1');

        [[, , $options]] = $this->requests;
        self::assertEquals([2, 4, 0], [$options['timeout'], $options['max_duration'], $options['max_redirects']]);
    }

    public function testSyncOrder(): void
    {
        $client = $this->client([[202, '{"order_identifier": "SO 1", "return_ids": ["1", "2"]}']]);

        self::assertSame(['1', '2'], $client->syncOrder('SO 1'));
        self::assertSame('https://sidecar.example/v1/orders/SO%201/sync', $this->requests[0][1]);
    }

    public function testCheckConnectionNeedsBothReadinessAndKey(): void
    {
        $this->client([[200, '{"checks": {}}'], [200, '{}']])->checkConnection();

        self::assertSame(
            ['https://sidecar.example/readyz', 'https://sidecar.example/v1/mappings/grades'],
            array_column($this->requests, 1)
        );
        self::assertStringNotContainsString('key-1', implode("\n", $this->requests[0][2]['headers']));
    }

    public function testReadinessIsNotBelievedFromJustAnyServer(): void
    {
        $this->assertFailure(
            SidecarFailure::Unexpected,
            fn () => $this->client([[200, '{"status": "UP"}']])->checkReadiness()
        );
    }

    public function testEndlessAnswerIsCutOff(): void
    {
        $sent = 0;
        $body = (static function () use (&$sent) {
            while ($sent < 10) {
                ++$sent;
                yield str_repeat('x', 1048576);
            }
        })();
        $httpClient = new MockHttpClient(new MockResponse($body, ['http_code' => 202]));

        $client = new SidecarClient($httpClient, $this->settings('https://sidecar.example', 'key-1'));

        $this->assertFailure(SidecarFailure::Unexpected, static fn () => $client->syncReturn('1'));
        self::assertLessThan(4, $sent);
    }

    /**
     * @dataProvider refusals
     */
    public function testRefusal(int $status, string $body, SidecarFailure $failure, string $message): void
    {
        try {
            $this->client([[$status, $body]])->syncReturn('1');
            self::fail('An exception was expected.');
        } catch (SidecarException $e) {
            self::assertSame([$failure, $message, $status], [$e->getFailure(), $e->getMessage(), $e->getStatusCode()]);
        }
    }

    public static function refusals(): array
    {
        return [
            'wrong key' => [
                401,
                '{"title": "Unauthorized", "detail": "Unknown key."}',
                SidecarFailure::KeyRefused,
                'HTTP 401. Unknown key.',
            ],
            'key without the scope' => [
                403,
                '{"title": "Forbidden"}',
                SidecarFailure::KeyRefused,
                'HTTP 403. Forbidden',
            ],
            'out of order' => [500, '<html>', SidecarFailure::OutOfOrder, 'HTTP 500.'],
            'not ready' => [
                503,
                '{"checks": {"ledger": {"ok": true}, "redis": {"ok": false}, "oro": {"ok": false}}}',
                SidecarFailure::OutOfOrder,
                'HTTP 503. Not ready: redis, oro.',
            ],
            'redirect' => [302, '', SidecarFailure::Unexpected, 'HTTP 302.'],
            'some other site' => [404, '<html>', SidecarFailure::Unexpected, 'HTTP 404.'],
            'another success' => [200, '{}', SidecarFailure::Unexpected, 'HTTP 200.'],
        ];
    }

    /**
     * @dataProvider strangeAnswers
     */
    public function testStrangeAnswer(string $body): void
    {
        $this->assertFailure(SidecarFailure::Unexpected, fn () => $this->client([[202, $body]])->syncOrder('1'));
    }

    public static function strangeAnswers(): array
    {
        return ['empty' => [''], 'page' => ['<html>'], 'other object' => ['{"ok": true}']];
    }

    public function testSilence(): void
    {
        $httpClient = new MockHttpClient(static function (): void {
            throw new TransportException('Idle timeout reached.');
        });

        $client = new SidecarClient($httpClient, $this->settings('https://sidecar.example', 'key-1'));

        $this->assertFailure(SidecarFailure::Unreachable, static fn () => $client->syncReturn('1'));
    }

    public function testSilenceInTheMiddleOfTheAnswer(): void
    {
        $body = (static function () {
            yield '{"return';
            // MockResponse takes an empty chunk for an idle timeout
            yield '';
        })();
        $httpClient = new MockHttpClient(new MockResponse($body, ['http_code' => 202]));

        $client = new SidecarClient($httpClient, $this->settings('https://sidecar.example', 'key-1'));

        $this->assertFailure(SidecarFailure::Unreachable, static fn () => $client->syncReturn('1'));
    }

    public function testNothingIsSentWithoutUrl(): void
    {
        $this->assertFailure(SidecarFailure::NotConfigured, fn () => $this->client([], null)->syncReturn('1'));
        self::assertSame([], $this->requests);
    }

    public function testNothingIsSentWithoutKey(): void
    {
        $client = $this->client([], 'https://sidecar.example', null);

        $this->assertFailure(SidecarFailure::NotConfigured, static fn () => $client->syncReturn('1'));
        self::assertSame([], $this->requests);
    }

    public function testKeyThatNoHeaderCanHoldIsNotSentAndNotShown(): void
    {
        foreach (["key-1\u{fc}", "key-1\nX: y", 'key 1'] as $key) {
            try {
                $this->client([], 'https://sidecar.example', $key)->syncReturn('1');
                self::fail('An exception was expected.');
            } catch (SidecarException $e) {
                self::assertSame(SidecarFailure::NotConfigured, $e->getFailure());
                self::assertStringNotContainsString('key-1', $e->getMessage());
            }
        }
        self::assertSame([], $this->requests);
    }

    public function testNoErrorMessageHoldsTheKey(): void
    {
        foreach ([401, 404, 500] as $status) {
            try {
                $this->client([[$status, '{"detail": "no"}']])->syncReturn('1');
            } catch (SidecarException $e) {
                self::assertStringNotContainsString('key-1', (string)$e->getMessage());
            }
        }
    }

    private function assertFailure(SidecarFailure $failure, callable $call): void
    {
        try {
            $call();
        } catch (SidecarException $e) {
            self::assertSame($failure, $e->getFailure());

            return;
        }
        self::fail('An exception was expected.');
    }

    private function client(
        array $answers,
        ?string $url = 'https://sidecar.example',
        ?string $key = 'key-1'
    ): SidecarClient {
        $httpClient = new MockHttpClient(function (string $method, string $url, array $options) use (&$answers) {
            $this->requests[] = [$method, $url, $options];
            [$status, $body] = array_shift($answers);

            return new MockResponse($body, ['http_code' => $status]);
        });

        return new SidecarClient($httpClient, $this->settings($url, $key));
    }

    private function settings(?string $url, ?string $key): SidecarSettings
    {
        $settings = $this->createMock(SidecarSettings::class);
        $settings->method('getUrl')->willReturn($url);
        $settings->method('getApiKey')->willReturn($key);

        return $settings;
    }
}
