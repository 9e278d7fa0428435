<?php
// Copyright: (c) 2026, drover.docker contributors
// SPDX-License-Identifier: GPL-3.0-or-later
//
// Waits for the database, then installs WordPress in it if nobody has. Members that start at once take turns by a lock
// of the database. A table of ours stands there while an installation runs: one that was cut off starts over.

require_once '/usr/local/lib/wordpress/environment.php';

error_reporting(E_ALL & ~E_DEPRECATED & ~E_WARNING & ~E_NOTICE);
ini_set('display_errors', 'stderr');

$lock_owner = wait_for_database((int) setting('DB_WAIT', '60'));
if (setting('ADMIN_PASSWORD', '') === '') {
    fwrite(STDERR, "wordpress: no WORDPRESS_ADMIN_PASSWORD: install at /wp-admin/install.php\n");
    exit(0);
}
$prefix = setting('TABLE_PREFIX', 'wp_');
$lock = 'drover-demo ' . sha1(setting('DB_NAME', 'wordpress') . $prefix);
if ($lock_owner->query("SELECT GET_LOCK('$lock', 120)")->fetch_row()[0] !== '1') {
    fwrite(STDERR, "wordpress: another member's installation did not end within 120 s\n");
    exit(1);
}

/** The tables whose names begin with $start. */
function tables(mysqli $database, string $start): array
{
    $names = array_column($database->query('SHOW TABLES')->fetch_all(), 0);
    return array_values(array_filter($names, fn (string $name): bool => str_starts_with($name, $start)));
}

$unfinished = "{$prefix}installing";
$found = tables($lock_owner, $prefix);
if (in_array($unfinished, $found, true)) {
    // Our table goes last: a second cut leads here again.
    foreach ([...array_diff($found, [$unfinished]), $unfinished] as $table) {
        $lock_owner->query("DROP TABLE `$table`");
    }
} elseif (in_array("{$prefix}options", $found, true)) {
    exit(0); // installed, by whomever
}
$lock_owner->query("CREATE TABLE `$unfinished` (nothing INT)");

define('WP_INSTALLING', true);
// WordPress lets these two be replaced: no mail leaves a member.
function wp_mail(): bool
{
    return true;
}
function wp_new_blog_notification(): void
{
}
require_once '/var/www/html/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';

wp_install(
    setting('TITLE', 'WordPress'),
    setting('ADMIN_USER', 'admin'),
    setting('ADMIN_EMAIL', 'admin@example.com'),
    false,
    '',
    wp_slash(setting('ADMIN_PASSWORD', ''))
);
$wp_rewrite->set_permalink_structure('/%postname%/');
flush_rewrite_rules(false); // the .htaccess of the image has the rules already
$lock_owner->query("DROP TABLE `$unfinished`");
fwrite(STDERR, "wordpress: installed\n");
