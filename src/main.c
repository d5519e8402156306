/* The program: hands its arguments to a command, or opens the console when there is none. */

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        printf("headgate %s\n", PACKAGE_VERSION);
        return 0;
    }
    fprintf(stderr, "usage: headgate --version\n");
    return 2;
}
