<?php

namespace Zigzag\Bundle\OrderReturnBundle\Migrations\Schema;

use Doctrine\DBAL\Schema\Schema;
use Oro\Bundle\MigrationBundle\Migration\Installation;
use Oro\Bundle\MigrationBundle\Migration\QueryBag;
use Zigzag\Bundle\OrderReturnBundle\Migrations\Schema\v1_0\CreateOrderReturnTables;

/**
 * Creates the tables of returns on a new installation: the sum of all migrations.
 */
class ZigzagOrderReturnBundleInstaller implements Installation
{
    #[\Override]
    public function getMigrationVersion(): string
    {
        return 'v1_0';
    }

    #[\Override]
    public function up(Schema $schema, QueryBag $queries): void
    {
        (new CreateOrderReturnTables())->up($schema, $queries);
    }
}
