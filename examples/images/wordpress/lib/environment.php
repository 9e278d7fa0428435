<?php
// Copyright: (c) 2026, drover.docker contributors
// SPDX-License-Identifier: GPL-3.0-or-later

/** The value of WORDPRESS_NAME, or of the file that WORDPRESS_NAME_FILE names, or $default. */
function setting(string $name, string $default): string
{
    $file = getenv("WORDPRESS_{$name}_FILE");
    if ($file !== false && $file !== '') {
        return rtrim(file_get_contents($file), "\r\n");
    }
    $value = getenv("WORDPRESS_$name");
    return $value === false || $value === '' ? $default : $value;
}

/** A connection to the database, once; throws mysqli_sql_exception. */
function connect_database(): mysqli
{
    [$host, $port] = explode(':', setting('DB_HOST', 'mysql'), 2) + [1 => '3306'];
    $database = mysqli_init();
    $database->options(MYSQLI_OPT_CONNECT_TIMEOUT, 3);
    @$database->real_connect( // what goes wrong is thrown; a warning would only say it twice
        $host,
        setting('DB_USER', 'wordpress'),
        setting('DB_PASSWORD', ''),
        setting('DB_NAME', 'wordpress'),
        (int) $port
    );
    return $database;
}

/** A connection to the database; while there is none it is tried again, for at most $seconds, then the program ends with 1. */
function wait_for_database(int $seconds): mysqli
{
    mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);
    $deadline = microtime(true) + $seconds;
    $said = '';
    while (true) {
        try {
            return connect_database();
        } catch (mysqli_sql_exception $error) {
            if ($error->getMessage() !== $said) {
                $said = $error->getMessage();
                fwrite(STDERR, "wordpress: waiting for the database: $said\n");
            }
        }
        if (microtime(true) > $deadline) {
            fwrite(STDERR, "wordpress: no database within $seconds s\n");
            exit(1);
        }
        usleep(250000);
    }
}
