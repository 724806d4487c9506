<?php

/**
 * Parses every YAML file of the bundle.
 */

require __DIR__ . '/bootstrap.php';

$count = 0;
$failed = false;
$files = new RecursiveIteratorIterator(
    new RecursiveDirectoryIterator(dirname(__DIR__), FilesystemIterator::SKIP_DOTS)
);
foreach ($files as $file) {
    $path = $file->getPathname();
    if (!preg_match('/\.ya?ml$/', $path) || str_contains($path, '/vendor/')) {
        continue;
    }
    ++$count;
    try {
        if (!is_array(Symfony\Component\Yaml\Yaml::parseFile($path))) {
            throw new RuntimeException('The file is empty.');
        }
    } catch (Throwable $e) {
        $failed = true;
        fwrite(STDERR, $path . ': ' . $e->getMessage() . "\n");
    }
}

echo "yaml: $count files\n";
exit($failed ? 1 : 0);
