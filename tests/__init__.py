"""Tests of ePMO; the folders mirror the packages."""
