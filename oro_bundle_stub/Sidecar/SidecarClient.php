<?php

namespace Zigzag\Bundle\OrderReturnBundle\Sidecar;

use Symfony\Contracts\HttpClient\Exception\ExceptionInterface;
use Symfony\Contracts\HttpClient\Exception\TransportExceptionInterface;
use Symfony\Contracts\HttpClient\HttpClientInterface;
use Symfony\Contracts\HttpClient\ResponseInterface;

/**
 * Calls the returns sidecar. Somebody waits for the answer in front of a page, so it gives up soon.
 */
class SidecarClient
{
    /** seconds without a byte */
    private const TIMEOUT = 2;
    /** seconds for the whole exchange */
    private const MAX_DURATION = 4;
    /** bytes; no answer of the sidecar to these requests comes near */
    private const MAX_SIZE = 1048576;

    public function __construct(
        private readonly HttpClientInterface $httpClient,
        private readonly SidecarSettings $settings
    ) {
    }

    /**
     * Asks for one return to be synchronised at once. The return need not be known to the sidecar yet.
     *
     * @throws SidecarException
     */
    public function syncReturn(string $externalId): void
    {
        $this->post('/v1/returns/' . rawurlencode($externalId) . '/sync');
    }

    /**
     * Asks for all returns of an order to be synchronised at once.
     *
     * @return string[] the ids of the returns the sidecar knows
     *
     * @throws SidecarException
     */
    public function syncOrder(string $identifier): array
    {
        $answer = $this->post('/v1/orders/' . rawurlencode($identifier) . '/sync');
        $returnIds = $answer['return_ids'] ?? null;
        if (!\is_array($returnIds)) {
            throw new SidecarException(SidecarFailure::Unexpected, 'The answer has no "return_ids".', 202);
        }

        return $returnIds;
    }

    /**
     * Checks that the sidecar is ready to work and that it accepts the key.
     *
     * @throws SidecarException
     */
    public function checkConnection(): void
    {
        $this->checkReadiness();
        // a cheap request that needs the key
        $this->request('GET', '/v1/mappings/grades', 200);
    }

    /**
     * Checks that the sidecar is ready to work. This works without a key.
     *
     * @throws SidecarException
     */
    public function checkReadiness(): void
    {
        $answer = $this->request('GET', '/readyz', 200);
        if (!\is_array($answer['checks'] ?? null)) {
            throw new SidecarException(SidecarFailure::Unexpected, 'The answer has no "checks".', 200);
        }
    }

    private function post(string $path): array
    {
        return $this->request('POST', $path, 202);
    }

    private function request(string $method, string $path, int $expectedStatusCode): array
    {
        try {
            $response = $this->httpClient->request($method, $this->getBaseUrl() . $path, $this->getOptions($path));
            $statusCode = $response->getStatusCode();
            if ($expectedStatusCode !== $statusCode) {
                throw $this->createRefusal($response, $statusCode);
            }

            return $response->toArray(false);
        } catch (TransportExceptionInterface $e) {
            $failure = $e->getPrevious() instanceof \LengthException
                ? SidecarFailure::Unexpected
                : SidecarFailure::Unreachable;
            throw new SidecarException($failure, $e->getMessage(), null, $e);
        } catch (ExceptionInterface $e) {
            throw new SidecarException(SidecarFailure::Unexpected, $e->getMessage(), $statusCode ?? null, $e);
        }
    }

    private function getBaseUrl(): string
    {
        return $this->settings->getUrl()
            ?? throw new SidecarException(SidecarFailure::NotConfigured, 'The URL of the sidecar is not configured.');
    }

    private function getApiKey(): string
    {
        $key = $this->settings->getApiKey()
            ?? throw new SidecarException(SidecarFailure::NotConfigured, 'The key is not configured.');
        if (!preg_match('/^[\x21-\x7E]+\z/', $key)) {
            // the HTTP client would refuse it too, with the key in its message
            throw new SidecarException(
                SidecarFailure::NotConfigured,
                'The key holds a character that no key can have.'
            );
        }

        return $key;
    }

    private function getOptions(string $path): array
    {
        $options = [
            'timeout' => self::TIMEOUT,
            'max_duration' => self::MAX_DURATION,
            // the key must not travel to where a redirect leads
            'max_redirects' => 0,
            'on_progress' => static function (int $downloaded): void {
                if ($downloaded > self::MAX_SIZE) {
                    throw new \LengthException('The answer is too long.');
                }
            },
            'headers' => ['Accept' => 'application/json'],
        ];
        if (str_starts_with($path, '/v1/')) {
            $options['auth_bearer'] = $this->getApiKey();
        }

        return $options;
    }

    private function createRefusal(ResponseInterface $response, int $statusCode): SidecarException
    {
        $failure = match (true) {
            401 === $statusCode, 403 === $statusCode => SidecarFailure::KeyRefused,
            $statusCode >= 500 => SidecarFailure::OutOfOrder,
            default => SidecarFailure::Unexpected,
        };

        return new SidecarException(
            $failure,
            trim(sprintf('HTTP %d. %s', $statusCode, $this->getDetail($response))),
            $statusCode
        );
    }

    /**
     * Reads what a problem document (RFC 9457) or the readiness page says.
     */
    private function getDetail(ResponseInterface $response): string
    {
        try {
            $answer = $response->toArray(false);
        } catch (ExceptionInterface) {
            return '';
        }

        $detail = $answer['detail'] ?? $answer['title'] ?? null;
        if (\is_string($detail)) {
            return $detail;
        }

        $checks = \is_array($answer['checks'] ?? null) ? $answer['checks'] : [];
        $failed = array_keys(array_filter(
            $checks,
            static fn (mixed $check) => \is_array($check) && !($check['ok'] ?? false)
        ));

        return $failed ? 'Not ready: ' . implode(', ', $failed) . '.' : '';
    }
}
