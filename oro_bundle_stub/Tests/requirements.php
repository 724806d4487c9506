<?php

/**
 * Names what of the libraries that the unit tests need is not installed. Fails when something is missing.
 */

if (is_file(__DIR__ . '/../vendor/autoload.php') || is_file(__DIR__ . '/../../../autoload.php')) {
    exit(0);
}

$missing = array_filter(
    ['dom', 'mbstring', 'pdo_sqlite', 'tokenizer', 'xmlwriter'],
    static fn (string $extension) => !extension_loaded($extension)
);
foreach ([
    'Brick/Math', 'Doctrine/ORM', 'Psr/Log', 'Symfony/Component/Config', 'Symfony/Component/Console',
    'Symfony/Component/DependencyInjection', 'Symfony/Component/Form', 'Symfony/Component/HttpClient',
    'Symfony/Component/HttpFoundation', 'Symfony/Component/HttpKernel', 'Symfony/Component/Validator',
    'Symfony/Component/Yaml',
] as $library) {
    if (false === stream_resolve_include_path($library . '/autoload.php')) {
        $missing[] = $library;
    }
}

if ($missing) {
    echo 'missing: ', implode(', ', $missing);
    exit(1);
}
