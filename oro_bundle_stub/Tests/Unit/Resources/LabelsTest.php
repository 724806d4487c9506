<?php

namespace Zigzag\Bundle\OrderReturnBundle\Tests\Unit\Resources;

use Doctrine\Inflector\InflectorFactory;
use Symfony\Component\Yaml\Yaml;
use Zigzag\Bundle\OrderReturnBundle\Entity\OrderReturn;
use Zigzag\Bundle\OrderReturnBundle\Entity\OrderReturnCredit;
use Zigzag\Bundle\OrderReturnBundle\Tests\Unit\DatabaseTestCase;

/**
 * Every word that people see has a translation.
 */
class LabelsTest extends DatabaseTestCase
{
    private const ROOT = __DIR__ . '/../../..';

    public function testEveryEntityAndEveryFieldHasLabel(): void
    {
        $keys = [];
        foreach ($this->em->getMetadataFactory()->getAllMetadata() as $metadata) {
            if (!str_starts_with($metadata->getName(), 'Zigzag\\')) {
                continue;
            }
            $prefix = $this->getKeyPrefix($metadata->getName());
            foreach (['entity_label', 'entity_plural_label', 'entity_description'] as $key) {
                $keys[] = $prefix . $key;
            }
            foreach (array_merge($metadata->getFieldNames(), $metadata->getAssociationNames()) as $field) {
                $keys[] = $prefix . InflectorFactory::create()->build()->tableize($field) . '.label';
            }
        }

        self::assertCount(86, $keys);
        self::assertSame([], array_values(array_diff($keys, $this->getTranslationKeys('messages'))));
    }

    public function testEveryUsedKeyIsTranslated(): void
    {
        $translated = array_merge(
            $this->getTranslationKeys('messages'),
            $this->getTranslationKeys('validators'),
            $this->getTranslationKeys('jsmessages')
        );

        $missing = [];
        $directories = ['Resources/config', 'Resources/views', 'Datagrid', 'Operation', 'EventListener', 'Validator'];
        foreach ($this->getFiles($directories) as $file) {
            preg_match_all('/zigzag\.orderreturn(?:\.\w+)+(?!\w*\.? ~)/', file_get_contents($file), $matches);
            foreach ($matches[0] as $key) {
                // a key that is put together at run time ends where the code goes on; its choices are tested below
                if (!\in_array($key, $translated, true) && !preg_match('/\.choices$/', $key)) {
                    $missing[] = basename($file) . ': ' . $key;
                }
            }
        }

        self::assertSame([], $missing);
    }

    public function testEveryChoiceIsTranslatedAndOfferedInTheGrids(): void
    {
        $grids = file_get_contents(self::ROOT . '/Resources/config/oro/datagrids.yml');
        foreach ([
            'status' => OrderReturn::STATUSES,
            'sync_state' => OrderReturn::SYNC_STATES,
            'orderreturncredit.status' => OrderReturnCredit::STATUSES,
        ] as $field => $choices) {
            foreach ($choices as $choice) {
                $key = sprintf('zigzag.orderreturn.%s.choices.%s', $field, $choice);
                self::assertContains($key, $this->getTranslationKeys('messages'));
                self::assertGreaterThanOrEqual(2, substr_count($grids, $key . ': ' . $choice . "\n"), $key);
            }
        }
    }

    /**
     * What a button asks before it acts is translated in the browser, from a domain of its own.
     */
    public function testConfirmationsAreTranslatedInTheBrowser(): void
    {
        $operations = Yaml::parseFile(self::ROOT . '/Resources/config/oro/actions.yml')['operations'];
        $confirmations = array_filter(array_map(
            static fn (array $operation) => $operation['frontend_options']['confirmation'] ?? null,
            $operations
        ));

        self::assertNotEmpty($confirmations);
        foreach ($confirmations as $confirmation) {
            foreach (['title', 'message', 'okText'] as $option) {
                self::assertContains($confirmation[$option], $this->getTranslationKeys('jsmessages'));
            }
        }
    }

    public function testSidecarFailuresHaveMessages(): void
    {
        foreach (\Zigzag\Bundle\OrderReturnBundle\Sidecar\SidecarFailure::cases() as $failure) {
            self::assertContains(
                'zigzag.orderreturn.sidecar.' . $failure->value,
                $this->getTranslationKeys('messages')
            );
        }
    }

    /**
     * The page title once read "%ZZ-1001% - Returns - Sales - Returns - Sales".
     */
    public function testPageTitleIsReadable(): void
    {
        $messages = Yaml::parseFile(self::ROOT . '/Resources/translations/messages.en.yml');
        $title = $messages['zigzag']['orderreturn']['navigation']['view'];
        $view = file_get_contents(self::ROOT . '/Resources/views/OrderReturn/view.html.twig');

        self::assertSame('Return ZZ-1001', strtr($title, ['%return%' => 'ZZ-1001']));
        self::assertSame(2, substr_count($view, "'%return%': entity.externalId"));
    }

    /**
     * Repeats what Oro\Bundle\UIBundle\Tools\EntityLabelBuilder does.
     */
    private function getKeyPrefix(string $class): string
    {
        $path = str_replace(['bundle\\entity\\', 'bundle\\'], '\\', strtolower($class));
        $parts = array_unique(array_filter(explode('\\', $path)));

        return implode('.', $parts) . '.';
    }

    /**
     * @return string[]
     */
    private function getTranslationKeys(string $domain): array
    {
        $keys = [];
        $walk = static function (array $messages, string $prefix) use (&$walk, &$keys): void {
            foreach ($messages as $key => $message) {
                if (\is_array($message)) {
                    $walk($message, $prefix . $key . '.');
                } else {
                    $keys[] = $prefix . $key;
                }
            }
        };
        $walk(Yaml::parseFile(sprintf('%s/Resources/translations/%s.en.yml', self::ROOT, $domain)), '');

        return $keys;
    }

    /**
     * @return string[]
     */
    private function getFiles(array $directories): array
    {
        $files = [];
        foreach ($directories as $directory) {
            $iterator = new \RecursiveIteratorIterator(
                new \RecursiveDirectoryIterator(self::ROOT . '/' . $directory, \FilesystemIterator::SKIP_DOTS)
            );
            foreach ($iterator as $file) {
                $files[] = $file->getPathname();
            }
        }

        return $files;
    }
}
