<?php

/**
 * Loads the bundle for its unit tests: from the application it is installed in, if there is one,
 * else together with the libraries of the operating system and the stand-ins of Oro.
 */

foreach ([__DIR__ . '/../vendor/autoload.php', __DIR__ . '/../../../autoload.php'] as $autoloader) {
    if (is_file($autoloader)) {
        require $autoloader;

        return;
    }
}

foreach ([
    'Brick/Math', 'Doctrine/ORM', 'Doctrine/Persistence', 'Psr/Log', 'Symfony/Component/Config',
    'Symfony/Component/Console', 'Symfony/Component/DependencyInjection', 'Symfony/Component/Form',
    'Symfony/Component/HttpClient', 'Symfony/Component/HttpFoundation', 'Symfony/Component/HttpKernel',
    'Symfony/Component/Validator', 'Symfony/Component/Yaml',
] as $library) {
    require_once $library . '/autoload.php';
}

spl_autoload_register(static function (string $class): void {
    $prefix = 'Zigzag\\Bundle\\OrderReturnBundle\\';
    if (str_starts_with($class, $prefix)) {
        $file = dirname(__DIR__) . '/' . str_replace('\\', '/', substr($class, strlen($prefix))) . '.php';
        if (is_file($file)) {
            require $file;
        }
    }
});

if (!class_exists(Oro\Bundle\ApiBundle\Form\FormUtil::class)) {
    require __DIR__ . '/Stub/oro.php';
}
