<?php

namespace Zigzag\Bundle\OrderReturnBundle\Command;

use Doctrine\DBAL\Connection;
use Doctrine\Persistence\ManagerRegistry;
use Symfony\Component\Console\Attribute\AsCommand;
use Symfony\Component\Console\Command\Command;
use Symfony\Component\Console\Input\InputInterface;
use Symfony\Component\Console\Input\InputOption;
use Symfony\Component\Console\Output\OutputInterface;
use Symfony\Component\Console\Style\SymfonyStyle;

/**
 * Removes from the database everything the bundle left there, so that its code can be removed after that.
 * With these rows still there the shop could neither rebuild its cache nor issue an API token.
 */
#[AsCommand(
    name: 'zigzag:order-return:uninstall',
    description: 'Drops the tables of returns and removes the traces of the bundle.'
)]
class UninstallCommand extends Command
{
    /** in the order in which they can be dropped */
    public const TABLES = [
        'zigzag_order_return_stock_movement',
        'zigzag_order_return_credit_line',
        'zigzag_order_return_credit',
        'zigzag_order_return_line_item',
        'zigzag_order_return',
    ];

    private const STATEMENTS = [
        "DELETE FROM oro_entity_config WHERE class_name LIKE 'Zigzag%OrderReturnBundle%'",
        "DELETE FROM oro_migrations WHERE bundle = 'ZigzagOrderReturnBundle'",
        "DELETE FROM oro_migrations_data WHERE class_name LIKE 'Zigzag%OrderReturnBundle%'",
        "DELETE FROM oro_config_value WHERE section = 'zigzag_order_return'",
        "DELETE FROM oro_notification_alert WHERE source_type = 'ZigzagReturns'",
        "DELETE FROM oro_navigation_history WHERE route LIKE 'zigzag_order_return%'",
        // the rest of what roles were granted goes with these by foreign key
        "DELETE FROM acl_object_identities WHERE class_id IN (SELECT id FROM acl_classes WHERE "
            . "class_type LIKE 'Zigzag%OrderReturnBundle%' OR class_type = 'zigzag_order_return_sync')",
        "DELETE FROM acl_classes WHERE "
            . "class_type LIKE 'Zigzag%OrderReturnBundle%' OR class_type = 'zigzag_order_return_sync'",
    ];

    public function __construct(
        private readonly ManagerRegistry $doctrine
    ) {
        parent::__construct();
    }

    #[\Override]
    protected function configure(): void
    {
        $this
            ->addOption('force', null, InputOption::VALUE_NONE, 'Execute the statements instead of showing them')
            ->setHelp(
                <<<'HELP'
The <info>%command.name%</info> command prepares the removal of the bundle. Run it <comment>before</comment>
<info>composer remove</info>, with the consumers and the cron jobs of the shop stopped:

  <info>php %command.full_name%</info>          shows what would be executed
  <info>php %command.full_name% --force</info>  executes it, in one transaction

<error>All returns, credit memos and stock movements are deleted. Stock itself is not touched.</error>
HELP
            );
    }

    #[\Override]
    protected function execute(InputInterface $input, OutputInterface $output): int
    {
        $io = new SymfonyStyle($input, $output);
        /** @var Connection $connection */
        $connection = $this->doctrine->getConnection();
        $statements = $this->getStatements();

        if (!$input->getOption('force')) {
            $io->listing($statements);
            $io->note('Nothing was executed. Add --force to execute these statements.');

            return self::SUCCESS;
        }

        $connection->beginTransaction();
        try {
            foreach ($statements as $statement) {
                $connection->executeStatement($statement);
            }
            $connection->commit();
        } catch (\Throwable $e) {
            $connection->rollBack();

            throw $e;
        }

        $io->success('The tables and settings of returns were removed.');
        $io->listing([
            'Now remove the code: composer remove zigzag/oro-order-return-bundle',
            'Delete var/cache and run: php bin/console cache:warmup --env=prod',
            'Start the consumers and the cron jobs again.',
        ]);

        return self::SUCCESS;
    }

    /**
     * @return string[]
     */
    private function getStatements(): array
    {
        return array_merge(
            array_map(static fn (string $table) => 'DROP TABLE IF EXISTS ' . $table, self::TABLES),
            self::STATEMENTS
        );
    }
}
